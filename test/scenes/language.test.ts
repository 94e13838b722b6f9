/** The scene interpreter: what it accepts, and the errors for what it does not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Step, step } from './language.js';
import { parseScene, playScene, SceneError } from './play.js';

/** A world that records the values of the steps. */
type Recorded = unknown[];

const act = step<Recorded>('act');
const expects = step<Recorded>('expect');

const STEPS: readonly Step<Recorded>[] = [
  act('{who} sends {ids} {text} to {user}', (recorded, ...values) => void recorded.push(values)),
  act('{time} pass', (recorded, ms) => void recorded.push(ms)),
  act('{who} sends {json}', (recorded, who, frame) => void recorded.push([who, frame])),
  expects('{user} has {count} messages', (recorded, user, count) => {
    recorded.push(user, count);
    assert.ok(count === 1, `${user} has ${count}`);
  }),
];

const parse = (...lines: string[]) => parseScene('a.scene', lines.join('\n'), STEPS);

async function play(...lines: string[]): Promise<Recorded> {
  const recorded: Recorded = [];
  await playScene(parse(...lines), recorded);
  return recorded;
}

describe('a scene', () => {
  test('passes the values in its lines to its steps', async () => {
    assert.deepEqual(
      await play(
        '# R1: a scene',
        '',
        'alice sends m9-m11 "a \\"b\\"" to bob',
        '# in between',
        'bob\'s phone sends m1 "" to alice',
        '90 s pass',
        '2 min pass',
        'alice sends {"type":"ack"}',
        'bob has 1 messages',
      ),
      [
        ['alice', ['m9', 'm10', 'm11'], 'a "b"', 'bob'],
        ["bob's phone", ['m1'], '', 'alice'],
        90_000,
        120_000,
        ['alice', { type: 'ack' }],
        'bob',
        1,
      ],
    );
  });

  test('has the comment at the top as its title', () => {
    assert.equal(parse('# R1: nothing', '# happens.', 'bob has 1 messages').title, 'R1: nothing happens.');
  });
});

describe('parsing a scene fails on', () => {
  for (const [what, lines, error] of [
    ['a line that is no step', ['# t', 'bob has 1 messages', 'bob sleeps'], 'a.scene:3: no step matches “bob sleeps”'],
    [
      'a step with more text after it',
      ['# t', 'bob has 1 messages now'],
      'a.scene:2: no step matches “bob has 1 messages now”',
    ],
    ['a missing title', ['bob has 1 messages'], 'a.scene:1: a scene begins with a comment: its title'],
    ['a missing expectation', ['# t', '1 s pass'], 'a.scene: the scene expects nothing'],
  ] as const) {
    test(what, () => {
      assert.throws(() => parse(...lines), new SceneError(error));
    });
  }

  test('a range of ids that is none', () => {
    assert.throws(() => parse('# t', 'alice sends m3-m1 "" to bob'), /m3-m1 is not a range of messages/);
    assert.throws(() => parse('# t', 'alice sends m1-n2 "" to bob'), /m1-n2 is not a range of messages/);
  });

  test('a line that matches two steps', () => {
    const twice = [...STEPS, act('{time} {word}', () => {})];
    assert.throws(() => parseScene('a.scene', '# t\n1 s pass', twice), /matches \{time\} pass and \{time\} \{word\}/);
  });
});

test('a failing line is shown together with the lines before it', async () => {
  await assert.rejects(play('# t', '1 s pass', 'bob has 2 messages', '3 s pass'), (error) => {
    assert.ok(error instanceof SceneError);
    assert.equal(error.message, 'a.scene:3\n    1 s pass\n  ✗ bob has 2 messages\nbob has 2');
    return true;
  });
});
