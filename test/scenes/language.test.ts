/** The interpreter of scenes is strict: what it does not understand, or what proves nothing, is an error that says where. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Sentence, sentence } from './language.js';
import { parseScene, playScene, SceneError } from './play.js';

/** A world that remembers what it was told. */
type Told = unknown[];

const does = sentence<Told>('does');
const expects = sentence<Told>('expects');

const SENTENCES: readonly Sentence<Told>[] = [
  does('{who} sends {ids} {text} to {user}', (told, ...values) => void told.push(values)),
  does('{time} pass', (told, ms) => void told.push(ms)),
  does('{who} says {json}', (told, who, frame) => void told.push([who, frame])),
  expects('{user} has {count} messages', (told, user, count) => {
    told.push(user, count);
    assert.ok(count === 1, `${user} has ${count}`);
  }),
];

const parse = (...lines: string[]) => parseScene('a.scene', lines.join('\n'), SENTENCES);

async function play(...lines: string[]): Promise<Told> {
  const told: Told = [];
  await playScene(parse(...lines), told);
  return told;
}

describe('what a line says', () => {
  test('reaches its sentence as values', async () => {
    assert.deepEqual(
      await play(
        '# R1: a scene',
        '',
        'alice sends m9-m11 "a \\"b\\"" to bob',
        '# in between',
        'bob\'s phone sends m1 "" to alice',
        '90 s pass',
        '2 min pass',
        'alice says {"type":"ack"}',
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

  test('the title is the comment at the top', () => {
    assert.equal(parse('# R1: nothing', '# happens.', 'bob has 1 messages').title, 'R1: nothing happens.');
  });
});

describe('what is refused before anything is played', () => {
  for (const [what, lines, error] of [
    [
      'a line that is no sentence',
      ['# t', 'bob has 1 messages', 'bob sleeps'],
      'a.scene:3: no sentence reads “bob sleeps”',
    ],
    [
      'a sentence with something after it',
      ['# t', 'bob has 1 messages now'],
      'a.scene:2: no sentence reads “bob has 1 messages now”',
    ],
    [
      'a scene without a title',
      ['bob has 1 messages'],
      'a.scene:1: a scene begins with a comment that says what it shows',
    ],
    ['a scene without an expectation', ['# t', '1 s pass'], 'a.scene: a scene that expects nothing proves nothing'],
  ] as const) {
    test(what, () => {
      assert.throws(() => parse(...lines), new SceneError(error));
    });
  }

  test('ids that name no messages', () => {
    assert.throws(() => parse('# t', 'alice sends m3-m1 "" to bob'), /m3-m1 names no messages/);
    assert.throws(() => parse('# t', 'alice sends m1-n2 "" to bob'), /m1-n2 names no messages/);
  });

  test('a line that is two sentences', () => {
    const twice = [...SENTENCES, does('{time} {word}', () => {})];
    assert.throws(() => parseScene('a.scene', '# t\n1 s pass', twice), /is \{time\} pass and \{time\} \{word\}/);
  });
});

test('a failing line is shown with the story so far', async () => {
  await assert.rejects(play('# t', '1 s pass', 'bob has 2 messages', '3 s pass'), (error) => {
    assert.ok(error instanceof SceneError);
    assert.equal(error.message, 'a.scene:3\n    1 s pass\n  ✗ bob has 2 messages\nbob has 2');
    return true;
  });
});
