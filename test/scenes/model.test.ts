/**
 * Generated scenes: fast-check strings steps together, and a small model says what must hold whatever happens. A failure is
 * shrunk and printed as a scene, with its seed. `IM_RUNS=1000` plays a thousand scenes; `IM_SEED` repeats those of one seed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Stage, type StageOptions } from '../harness/stage.js';
import { mortalDisks } from '../harness/stage-disk.js';
import { factsOf, keyOf, only } from '../harness/stage-facts.js';
import { finish } from '../harness/stage-finale.js';
import { bindStep } from './play.js';
import { STEPS } from './steps.js';

/** Every message that was sent must be shown, whatever went wrong. The oracles check order and everything else. */
class Model {
  readonly sent: string[] = [];
  /** The steps so far, as lines of a scene. */
  readonly lines: string[] = [];

  play(text: string, stage: Stage): void | Promise<void> {
    this.lines.push(text);
    return bindStep(text, STEPS).run(stage);
  }

  /** A step that sends new messages: `alice sends m4-m6 to bob`. */
  send(who: string, count: number, to: string): string {
    const from = this.sent.length + 1;
    for (let id = from; id < from + count; id++) this.sent.push(keyOf(userOf(who), to, `m${id}`));
    return `${who} sends m${from}-m${from + count - 1} to ${to}`;
  }
}

const userOf = (who: string): string => who.split("'")[0] as string;

/** A command that plays one step, if `isPossible`. */
const stepIf = (
  name: string,
  isPossible: (stage: Stage) => boolean,
  write: (model: Model) => string = () => name,
): fc.AsyncCommand<Model, Stage> => ({
  check: () => true,
  async run(model, stage) {
    if (isPossible(stage)) await model.play(write(model), stage);
  },
  toString: () => name,
});

/** `bob's phone` is no device of its own, but another place with the one that has no name. */
const CLIENTS = ['alice', 'bob', "bob's phone", "bob's tablet", "carol's laptop", "carol's desktop", 'carol'];
const OWN_DEVICES = ["bob's tablet", "carol's laptop", "carol's desktop"];
const SCRIPTS = ["alice's script", "bob's script", "carol's script"];
const anyone = fc.constantFrom(...CLIENTS);
const anySender = fc.constantFrom(...CLIENTS, ...SCRIPTS);
const anyUser = fc.constantFrom('alice', 'bob', 'carol');
const always = (): boolean => true;
const isServing = (stage: Stage): boolean => stage.isServing;
const isRunning = (who: string) => (stage: Stage) => stage.device(who).isRunning;
const isAway = (who: string) => (stage: Stage) => !stage.device(who).isRunning;
/** An orderly stop needs a disk that takes the last writes. */
const canStop = (stage: Stage): boolean => stage.isServing && stage.isDiskSound;
const isConnected = (who: string) => (stage: Stage) => stage.device(who).isConnected;

/** One of these steps for any client in this state. */
const forAnyone = (state: (who: string) => (stage: Stage) => boolean, ...steps: ((who: string) => string)[]) =>
  fc.tuple(anyone, fc.constantFrom(...steps)).map(([who, textFor]) => stepIf(textFor(who), state(who)));
const oneOf = (isPossible: (stage: Stage) => boolean, ...steps: string[]) =>
  fc.constantFrom(...steps).map((text) => stepIf(text, isPossible));

/** What can happen; entries that are listed more often are more likely. */
const sends = fc
  .tuple(anySender, fc.integer({ min: 1, max: 4 }), anyUser)
  .map(([who, count, to]) =>
    stepIf(`${who} sends ${count} to ${to}`, isRunning(who), (model) => model.send(who, count, to)),
  );
const starts = forAnyone(isAway, (who) => `${who} starts`);
const scriptStarts = fc.constantFrom(...SCRIPTS).map((who) => stepIf(`${who} starts in mode send`, isAway(who)));
const passes = oneOf(always, '1 s passes', '20 s pass', '2 min pass');
const steps = [
  sends,
  sends,
  sends,
  starts,
  starts,
  scriptStarts,
  passes,
  passes,
  forAnyone(
    isConnected,
    (who) => `hold all frames from ${who}`,
    (who) => `hold all frames to ${who}`,
  ),
  forAnyone(
    isConnected,
    (who) => `release all frames from ${who}`,
    (who) => `release all frames to ${who}`,
    (who) => `the connection of ${who} goes dead`,
    (who) => `the connection of ${who} has a latency of 3 s`,
  ),
  forAnyone(isConnected, (who) => `cut the connection of ${who}`),
  forAnyone(
    isRunning,
    (who) => `${who} goes offline`,
    (who) => `${who} is killed`,
  ),
  oneOf(isServing, 'the disk is full', 'the disk hangs', 'the disk works again', 'the disk works again'),
  oneOf(always, 'the clock jumps 1 h ahead', 'the clock jumps 1 h back'),
  oneOf(isServing, 'the server crashes'),
  oneOf(canStop, 'the server stops'),
  oneOf((stage) => !stage.isServing, 'the server starts'),
];

/** What the clients want in a scene: in two of three, some of them want copies, and new devices want history. */
const wishes = fc.oneof(
  fc.constant<string[]>([]),
  fc.tuple(fc.subarray(CLIENTS), fc.subarray(OWN_DEVICES)).map(writeWishes),
  fc.constant(writeWishes([CLIENTS, OWN_DEVICES])),
);

function writeWishes([copies, history]: readonly [readonly string[], readonly string[]]): string[] {
  return [...copies.map((who) => `${who} wants copies`), ...history.map((who) => `${who} wants history`)];
}

/** @throws Error with the lines of the scene when anything was wrong. */
async function play(
  wanted: readonly string[],
  commands: Iterable<fc.AsyncCommand<Model, Stage>>,
  options: StageOptions,
): Promise<void> {
  const model = new Model();
  try {
    const stage = await Stage.open(options);
    for (const who of OWN_DEVICES) await model.play(`${who} is a device of its own`, stage);
    for (const line of wanted) await model.play(line, stage);
    for (const who of ['alice', 'bob', 'carol']) await model.play(`${who} is online`, stage);
    await fc.asyncModelRun(() => ({ model, real: stage }), commands);
    const wrong = await finish(stage);
    const shown = new Set(only(factsOf(stage.ledger.entries), 'shown').map(({ key }) => key));
    wrong.push(...model.sent.filter((key) => !shown.has(key)).map((key) => `${key} was never shown`));
    assert.ok(wrong.length === 0, wrong.slice(0, 10).join('\n'));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(['', ...model.lines, '', message].join('\n'), { cause });
  }
}

const { IM_RUNS, IM_SEED } = process.env;

const check = (property: fc.IAsyncProperty<unknown>): Promise<void> =>
  fc.assert(property, {
    numRuns: Number(IM_RUNS ?? 50),
    includeErrorInReport: true,
    ...(IM_SEED !== undefined && { seed: Number(IM_SEED) }),
  });

const scenes = fc.commands(steps, { maxCommands: 60, size: 'max' });

test('in every generated scene each sent message is shown, once and in order', () =>
  check(fc.asyncProperty(wishes, scenes, (wanted, commands) => play(wanted, commands, { stores: 'memory' }))));

test('the same when each crash is a power cut that keeps any part of what was not synced (R14)', () =>
  check(
    fc.asyncProperty(wishes, scenes, fc.nat(), (wanted, commands, seed) =>
      play(wanted, commands, { stores: 'files', makeDisk: mortalDisks(seed) }),
    ),
  ));
