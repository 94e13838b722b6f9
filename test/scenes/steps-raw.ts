/** Steps about raw connections: any frame can be sent, and every frame of the server is checked. */
import assert from 'node:assert/strict';
import type { Mode } from '../../src/protocol/frames/login.js';
import type { Stage } from '../harness/stage.js';
import type { RawConnection } from '../harness/stage-raw-connection.js';
import { type Step, step } from './language.js';

const act = step<Stage>('act');
const expects = step<Stage>('expect');

export const RAW_STEPS: readonly Step<Stage>[] = [
  act('{who} opens a raw connection', async (stage, who) => {
    await stage.connect(who);
  }),
  act('{who} logs in on a raw connection', (stage, who) => login(stage, who)),
  act('{who} logs in on a raw connection as device {word}', (stage, who, device) => login(stage, who, 'chat', device)),
  act('{who} logs in on a raw connection in mode send', (stage, who) => login(stage, who, 'send')),
  act('{who} logs in on a raw connection in mode operate', (stage, who) => login(stage, who, 'operate')),
  act('{who} sends {json}', (stage, who, value) => send(stage, who, value)),
  act('{who} sends {json} {count} times', async (stage, who, value, count) => {
    for (let times = 0; times < count; times++) rawConnection(stage, who).say(value);
    await stage.rest();
  }),
  act('{who} sends the text {text}', async (stage, who, text) => {
    rawConnection(stage, who).transport.send(text);
    await stage.rest();
  }),
  act('{who} disconnects', async (stage, who) => {
    rawConnection(stage, who).transport.cut();
    await stage.rest();
  }),
  act('{who} stops reading', (stage, who) => rawConnection(stage, who).transport.pause()),
  act('{who} resumes reading', async (stage, who) => {
    rawConnection(stage, who).transport.resume();
    await stage.rest();
  }),

  // `gets` looks at the frames that no earlier step has looked at, oldest first.
  expects('{who} gets {json}', (stage, who, expected) => {
    const frame: unknown = rawConnection(stage, who).heard.shift() ?? 'nothing';
    assert.deepEqual(pickFields(frame, expected), expected, `${who} got ${JSON.stringify(frame)}`);
  }),
  expects('{who} gets nothing', (stage, who) => {
    assert.deepEqual(rawConnection(stage, who).heard, []);
  }),
  expects('{who} gets {word} frames: {count}', (stage, who, type, count) => {
    const frames = rawConnection(stage, who).take();
    assert.deepEqual([...new Set(frames.map((frame) => frame.type))], [type]);
    assert.equal(frames.length, count);
  }),
  expects('{who} gets {ids} from {user}', (stage, who, ids, from) => {
    const frames = rawConnection(stage, who).heard.splice(0, ids.length);
    assert.deepEqual(
      frames.map((frame) => (frame.type === 'message' ? [frame.id, frame.from] : frame.type)),
      ids.map((id) => [id, from]),
    );
  }),
  expects('{who} gets stored for {count} messages', (stage, who, count) => {
    const frames = rawConnection(stage, who).take();
    assert.equal(frames.flatMap((frame) => (frame.type === 'stored' ? frame.ids : [])).length, count);
  }),
  expects('{who} is closed with code {count}', (stage, who, code) => {
    assert.equal(rawConnection(stage, who).end?.code, code, `${who}: close code`);
  }),
  expects('{who} is still connected', (stage, who) => {
    assert.equal(rawConnection(stage, who).end, undefined, `${who}: the connection has ended`);
  }),
];

/** @throws Error when there is no raw connection with this name. */
function rawConnection(stage: Stage, who: string): RawConnection {
  const connection = stage.rawConnections.get(who);
  if (!connection) throw new Error(`${who} has no raw connection`);
  return connection;
}

async function login(stage: Stage, who: string, mode: Mode = 'chat', device?: string): Promise<void> {
  const connection = await stage.connect(who);
  const [user = who] = who.split("'");
  connection.login(user, mode, stage.tokenOf(user), device);
  await stage.rest();
  const welcome = connection.heard.shift();
  assert.equal(welcome?.type, 'welcome', `the login of ${who} was answered with ${JSON.stringify(welcome)}`);
}

async function send(stage: Stage, who: string, value: unknown): Promise<void> {
  rawConnection(stage, who).say(value);
  await stage.rest();
}

/** The fields of a frame that are expected; other fields do not matter. */
function pickFields(frame: unknown, expected: object): unknown {
  if (typeof frame !== 'object' || frame === null) return frame;
  return Object.fromEntries(Object.keys(expected).map((name) => [name, (frame as Record<string, unknown>)[name]]));
}
