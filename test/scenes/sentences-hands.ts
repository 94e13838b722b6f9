/** Sentences about connections held by hand: whatever frame one likes, and exactly what is answered. */
import assert from 'node:assert/strict';
import type { Mode } from '../../src/protocol/frames/login.js';
import type { Stage } from '../harness/stage.js';
import type { RawConnection } from '../harness/stage-raw-connection.js';
import { type Sentence, sentence } from './language.js';

const does = sentence<Stage>('does');
const expects = sentence<Stage>('expects');

export const HAND_SENTENCES: readonly Sentence<Stage>[] = [
  does('{who} connects by hand', async (stage, who) => {
    await stage.connect(who);
  }),
  does('{who} logs in by hand', (stage, who) => login(stage, who)),
  does('{who} logs in by hand to send only', (stage, who) => login(stage, who, 'send')),
  does('{who} logs in by hand to operate', (stage, who) => login(stage, who, 'operate')),
  does('{who} says {json}', (stage, who, value) => say(stage, who, value)),
  does('{who} says {count} times {json}', async (stage, who, count, value) => {
    for (let times = 0; times < count; times++) handOf(stage, who).say(value);
    await stage.rest();
  }),
  does('{who} says {text}', async (stage, who, text) => {
    handOf(stage, who).transport.send(text);
    await stage.rest();
  }),
  does('{who} hangs up', async (stage, who) => {
    handOf(stage, who).transport.cut();
    await stage.rest();
  }),
  does('{who} stops reading', (stage, who) => handOf(stage, who).transport.pause()),
  does('{who} reads again', async (stage, who) => {
    handOf(stage, who).transport.resume();
    await stage.rest();
  }),
  does('{who} ignores what was said so far', (stage, who) => {
    handOf(stage, who).take();
  }),

  expects('{who} hears {json}', (stage, who, expected) => {
    const frame: unknown = handOf(stage, who).heard.shift() ?? 'nothing';
    assert.deepEqual(matching(frame, expected), expected, `${who} heard ${JSON.stringify(frame)}`);
  }),
  expects('{who} hears nothing', (stage, who) => {
    assert.deepEqual(handOf(stage, who).heard, []);
  }),
  expects('{who} has heard {count} {word}', (stage, who, count, type) => {
    const frames = handOf(stage, who).take();
    assert.deepEqual([...new Set(frames.map((frame) => frame.type))], [type]);
    assert.equal(frames.length, count);
  }),
  expects('{who} hears {ids} from {user}', (stage, who, ids, from) => {
    const frames = handOf(stage, who).heard.splice(0, ids.length);
    assert.deepEqual(
      frames.map((frame) => (frame.type === 'message' ? [frame.id, frame.from] : frame.type)),
      ids.map((id) => [id, from]),
    );
  }),
  expects('{who} has had {count} messages answered', (stage, who, count) => {
    const answers = handOf(stage, who).take();
    assert.equal(answers.flatMap((frame) => (frame.type === 'stored' ? frame.ids : [])).length, count);
  }),
  expects('{who} is closed with {count}', (stage, who, code) => {
    assert.equal(handOf(stage, who).end?.code, code, `${who}: how the connection ended`);
  }),
  expects('{who} is still connected', (stage, who) => {
    assert.equal(handOf(stage, who).end, undefined, `${who}: how the connection ended`);
  }),
];

/** @throws Error when nobody of this name holds a connection. */
export function handOf(stage: Stage, who: string): RawConnection {
  const hand = stage.rawConnections.get(who);
  if (!hand) throw new Error(`${who} holds no connection by hand`);
  return hand;
}

async function login(stage: Stage, who: string, mode: Mode = 'chat'): Promise<void> {
  const hand = await stage.connect(who);
  const [user = who] = who.split("'");
  hand.login(user, mode, stage.tokenOf(user));
  await stage.rest();
  const welcome = hand.heard.shift();
  assert.equal(welcome?.type, 'welcome', `${who} was answered ${JSON.stringify(welcome)}`);
}

async function say(stage: Stage, who: string, value: unknown): Promise<void> {
  handOf(stage, who).say(value);
  await stage.rest();
}

/** Of a frame those fields that are expected. */
function matching(frame: unknown, expected: object): unknown {
  if (typeof frame !== 'object' || frame === null) return frame;
  return Object.fromEntries(Object.keys(expected).map((name) => [name, (frame as Record<string, unknown>)[name]]));
}
