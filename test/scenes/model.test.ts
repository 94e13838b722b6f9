/**
 * Scenes that nobody wrote: fast-check strings sentences together, and a model of a few lines says what must be true whatever
 * happens. A failure is shrunk and printed as a scene, with its seed. `IM_RUNS=1000` plays a thousand of them,
 * `IM_SEED` the same ones again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Stage, type StageOptions } from '../harness/stage.js';
import { mortalDisks } from '../harness/stage-disk.js';
import { factsOf, keyOf, only } from '../harness/stage-facts.js';
import { finish } from '../harness/stage-finale.js';
import { understand } from './play.js';
import { SENTENCES } from './sentences.js';

/** Each message that was sent is shown, whatever went wrong. The order, and all the rest, is for the oracles to judge. */
class Model {
  readonly sent: string[] = [];
  readonly story: string[] = [];

  say(text: string, stage: Stage): void | Promise<void> {
    this.story.push(text);
    return understand(text, SENTENCES).run(stage);
  }

  /** Ids of new messages: `m4-m6`. */
  send(who: string, count: number, to: string): string {
    const from = this.sent.length + 1;
    for (let id = from; id < from + count; id++) this.sent.push(keyOf(userOf(who), to, `m${id}`));
    return `${who} sends m${from}-m${from + count - 1} to ${to}`;
  }
}

const userOf = (who: string): string => who.split("'")[0] as string;

/** A sentence, said where it makes sense. */
const line = (
  name: string,
  makesSense: (stage: Stage) => boolean,
  write: (model: Model) => string = () => name,
): fc.AsyncCommand<Model, Stage> => ({
  check: () => true,
  async run(model, stage) {
    if (makesSense(stage)) await model.say(write(model), stage);
  },
  toString: () => name,
});

const anyone = fc.constantFrom('alice', 'bob', "bob's phone", 'carol');
const anyUser = fc.constantFrom('alice', 'bob', 'carol');
const always = (): boolean => true;
const isServing = (stage: Stage): boolean => stage.isServing;
const isRunning = (who: string) => (stage: Stage) => stage.device(who).isRunning;
const isAway = (who: string) => (stage: Stage) => !stage.device(who).isRunning;
/** In an orderly way only with a disk that takes what is left. */
const canStop = (stage: Stage): boolean => stage.isServing && stage.isDiskSound;
const isConnected = (who: string) => (stage: Stage) => stage.device(who).isConnected;

/** Said of anyone who is in this state. */
const of = (state: (who: string) => (stage: Stage) => boolean, ...sentences: ((who: string) => string)[]) =>
  fc.tuple(anyone, fc.constantFrom(...sentences)).map(([who, say]) => line(say(who), state(who)));
const one = (makesSense: (stage: Stage) => boolean, ...sentences: string[]) =>
  fc.constantFrom(...sentences).map((text) => line(text, makesSense));

/** What can happen, the likelier the more often it stands here. */
const sends = fc
  .tuple(anyone, fc.integer({ min: 1, max: 4 }), anyUser)
  .map(([who, count, to]) =>
    line(`${who} sends ${count} to ${to}`, isRunning(who), (model) => model.send(who, count, to)),
  );
const starts = of(isAway, (who) => `${who} starts`);
const passes = one(always, '1 s passes', '20 s pass', '2 min pass');
const lines = [
  sends,
  sends,
  sends,
  starts,
  starts,
  passes,
  passes,
  of(
    isConnected,
    (who) => `hold what ${who} says`,
    (who) => `hold what ${who} is told`,
  ),
  of(
    isConnected,
    (who) => `let go what ${who} says`,
    (who) => `let go what ${who} is told`,
    (who) => `the wire of ${who} goes dead`,
    (who) => `the wire of ${who} takes 3 s`,
  ),
  of(isConnected, (who) => `cut the wire of ${who}`),
  of(
    isRunning,
    (who) => `${who} goes offline`,
    (who) => `${who} is killed`,
  ),
  one(isServing, 'the disk is full', 'the disk hangs', 'the disk is itself again', 'the disk is itself again'),
  one(always, 'the clock jumps 1 h ahead', 'the clock jumps 1 h back'),
  one(isServing, 'the server crashes'),
  one(canStop, 'the server stops'),
  one((stage) => !stage.isServing, 'the server starts'),
];

/** @throws Error with the story, when anything was wrong. */
async function play(commands: Iterable<fc.AsyncCommand<Model, Stage>>, options: StageOptions): Promise<void> {
  const model = new Model();
  try {
    const stage = await Stage.open(options);
    for (const who of ['alice', 'bob', 'carol']) await model.say(`${who} is online`, stage);
    await fc.asyncModelRun(() => ({ model, real: stage }), commands);
    const wrong = await finish(stage);
    const shown = new Set(only(factsOf(stage.ledger.entries), 'shown').map(({ key }) => key));
    wrong.push(...model.sent.filter((key) => !shown.has(key)).map((key) => `${key} was never shown`));
    assert.ok(wrong.length === 0, wrong.slice(0, 10).join('\n'));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(['', ...model.story, '', message].join('\n'), { cause });
  }
}

const { IM_RUNS, IM_SEED } = process.env;

const hold = (property: fc.IAsyncProperty<unknown>): Promise<void> =>
  fc.assert(property, {
    numRuns: Number(IM_RUNS ?? 50),
    includeErrorInReport: true,
    ...(IM_SEED !== undefined && { seed: Number(IM_SEED) }),
  });

const story = fc.commands(lines, { maxCommands: 60, size: 'max' });

test('whatever happens, what was sent is shown, once and in order', () =>
  hold(fc.asyncProperty(story, (commands) => play(commands, { stores: 'memory' }))));

test('also when every death is a loss of power, which keeps any part of what was not synced (R14)', () =>
  hold(
    fc.asyncProperty(story, fc.nat(), (commands, seed) =>
      play(commands, { stores: 'files', makeDisk: mortalDisks(seed) }),
    ),
  ));
