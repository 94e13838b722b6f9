/** The parts that find and compare the examples of pages: an example that they miss would not be tested at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areLike, isLike } from './likeness.js';
import { blocksOf, cronOf, fileOf, stepsOf } from './markdown.js';

test('blocksOf finds the fenced blocks of a page, with the comments before them', () => {
  const page = [
    'words',
    '```sh',
    'true',
    '```',
    '<!-- not run: no network -->',
    '',
    '```sh',
    'false',
    '```',
    '<!-- not run: of something else -->',
    'words in between',
    '```',
    '```',
    '<!-- typed: bob: hi -->',
    "<!-- printed by the tests' notify-send: -- bob -->",
    '```console',
    '$ im connect',
    '```',
  ].join('\n');
  assert.deepEqual(blocksOf(page), [
    { language: 'sh', text: 'true', line: 3, notRun: undefined, typed: [], played: [] },
    { language: 'sh', text: 'false', line: 8, notRun: 'no network', typed: [], played: [] },
    { language: '', text: '', line: 13, notRun: undefined, typed: [], played: [] },
    { language: 'console', text: '$ im connect', line: 17, notRun: undefined, typed: ['bob: hi'], played: ['-- bob'] },
  ]);
});

test('stepsOf splits a console block into commands with their output', () => {
  assert.deepEqual(stepsOf('$ one \\\n> more\nprinted\n> printed\n$ two   # terminal 2'), [
    { command: 'one \\\nmore', shown: ['printed', '> printed'], terminal: undefined },
    { command: 'two   # terminal 2', shown: [], terminal: '2' },
  ]);
  assert.throws(() => stepsOf('printed by nothing'));
});

test('fileOf finds the name of a script, cronOf the commands of a crontab', () => {
  assert.deepEqual(fileOf('#!/bin/sh\n# tell: tells\ntrue'), { name: 'tell' });
  assert.equal(fileOf('true'), undefined);
  assert.throws(() => fileOf('#!/bin/sh\ntrue'));
  assert.deepEqual(cronOf('PATH=/bin\n# m h d m w\n\n0 3 * * *  date +\\%F | cat'), {
    environment: { PATH: '/bin' },
    commands: ['date +%F | cat'],
  });
  assert.throws(() => cronOf('0 3 * * * date +%F'));
  assert.throws(() => cronOf('0 3 * *'));
});

test('isLike ignores ids, times, ports and durations, and nothing else', () => {
  const same: [string, string][] = [
    ['0c9d1e52-3c65-4f55-8f0a-2b8a5c7d9e21', '6d3b0b9e-4d0b-4d0e-8f8e-6f1d3c5a9b10'],
    ['listening on ws://127.0.0.1:4690', 'listening on ws://127.0.0.1:39121'],
    ['backup-2026-01-31', 'backup-2030-12-01'],
    ['bob   1  27m     0', 'bob  1  5s  0  '],
    ['{"at":…,"id":"x"}', '{"at":1763458080000,"id":"x"}'],
  ];
  for (const [shown, printed] of same) assert.ok(isLike(shown, printed), shown);
  const others: [string, string][] = [
    ['stored 1 for bob', 'stored 2 for bob'],
    ['bob: hi', 'alice: bob: hi'],
    ['bob: hi', 'bob: hi there'],
    ['a.c', 'abc'],
    ['1 of 2', '1  of 2'],
  ];
  for (const [shown, printed] of others) assert.ok(!isLike(shown, printed), shown);
});

test('areLike: a line of … matches any number of lines', () => {
  assert.ok(areLike(['one', '…', 'four'], ['one', 'two', 'three', 'four']));
  assert.ok(areLike(['one', '…'], ['one']));
  assert.ok(!areLike(['one', '…', 'four'], ['one', 'two']));
  assert.ok(!areLike(['one'], ['one', 'two']));
  assert.ok(!areLike([], ['im: something went wrong']));
  assert.ok(!areLike(['one'], []));
});
