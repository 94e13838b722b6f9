import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fishCompletion } from './fish-completion.js';
import { manPage, roff } from './man-page.js';
import type { Manifest } from './manifest.js';

const manifest: Manifest = {
  version: '1.2.3',
  description: 'It is',
  topics: [{ name: 'user', description: "alice's" }],
  commands: [
    {
      words: 'user add',
      summary: 'Add',
      description: `${'word '.repeat(30)}.bashrc and 'quoted'. Then more\n\nAnd more`,
      examples: ["im user add 'alice' > .token"],
      usage: ['user add NAMES...'],
      args: [{ name: 'names', description: 'who' }],
      flags: [
        { name: 'role', type: 'option', options: ['a', 'b'], description: "it's; more", default: 'a', env: 'IM_ROLE' },
        { name: 'file', type: 'option', helpValue: 'FILE', description: 'where', env: 'IM_FILE', multiple: true },
        { name: 'json', type: 'boolean', description: 'for programs', env: 'IM_JSON', helpGroup: 'global' },
      ],
    },
  ],
};

test('every character is escaped for roff', () => {
  assert.equal(roff('a-b \\n'), 'a\\-b \\en');
  assert.equal(roff(".x\n'y\n..z"), '\\&.x\n\\(aqy\n\\&..z');
  assert.equal(roff('"a" `b` ^c ~d'), '\\(dqa\\(dq \\(gab\\(ga \\(hac \\(tid');
  assert.equal(roff('… 😀'), '\\[u2026] \\[u1F600]');
});

test('no line of the manual page is a macro by accident, and none is too long', () => {
  const lines = manPage(manifest).split('\n');
  const macros = new Set(lines.filter((line) => /^[.']/.test(line)).map((line) => line.split(' ')[0]));
  assert.deepEqual(
    [...macros].sort(),
    ['.PP', '.RE', '.RS', '.SH', '.SS', '.TH', '.TP', '.\\"', '.ad', '.br', '.fi', '.nf', '.nh'].sort(),
  );
  assert.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  );
  assert.ok(lines.includes('im user add \\(aqalice\\(aq > .token'));
});

test('the paragraphs of a description are paragraphs of the page', () => {
  assert.match(manPage(manifest), /^Then more\n\.PP\nAnd more$/m);
});

test('a global flag is in the manual page once', () => {
  assert.equal(manPage(manifest).match(/\\-\\-json/g)?.length, 1);
});

test('the fish script completes commands, flags and the values of flags', () => {
  const text = fishCompletion(manifest);
  for (const line of [
    "complete -c im -n '__im_is' -a user -d 'alice\\'s'",
    "complete -c im -n '__im_is user' -a add -d 'Add'",
    "complete -c im -n '__im_begins user add' -l role -x -a 'a b' -d 'it\\'s'",
    "complete -c im -n '__im_begins user add' -l file -r -F -d 'where'",
    "complete -c im -n '__im_begins user add' -l json -d 'for programs'",
  ]) {
    assert.ok(text.split('\n').includes(line), line);
  }
});
