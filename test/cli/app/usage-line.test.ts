import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '@oclif/core/command';
import { NO_BREAK, usageLine } from '../../../src/cli/app/usage-line.js';

type Flags = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The usage of a command. Flags take N by default. */
function line(flags: Flags, args: Flags = {}): string {
  const named = (all: Flags, more: object) =>
    Object.fromEntries(Object.entries(all).map(([name, one]) => [name, { name, ...more, ...one }]));
  const command = { args: named(args, {}), flags: named(flags, { type: 'option', helpValue: 'N' }) };
  return usageLine(command as unknown as Pick<Command.Cached, 'args' | 'flags'>).replaceAll(NO_BREAK, ' ');
}

test('the usage has arguments, then flags, marks repeated ones, and sums up global flags', () => {
  const args = { user: { required: true }, words: { multiple: true } };
  const flags = { from: { multiple: true }, dry: { type: 'boolean' }, as: { helpGroup: 'global' } };
  assert.equal(line(flags, args), 'USER [WORDS...] [--from N]... [--dry] [GLOBAL FLAGS]');
  assert.equal(line({ mode: { helpValue: undefined, options: ['a', 'b'] } }), '[--mode a|b]');
});

test('flags that exclude each other are one group, whichever of them declares it', () => {
  const flags = { a: {}, b: { exclusive: ['a'] }, c: { exclusive: ['b', 'a'] } };
  assert.equal(line(flags), '[--a N | --b N | --c N]');
  assert.equal(line({ a: {}, b: {}, c: { exclusive: ['b', 'a'] } }), '[--a N | --c N] [--b N]');
});

test('hidden flags and unknown names are left out of the usage', () => {
  assert.equal(line({ a: { exclusive: ['b', 'gone'] }, b: { hidden: true } }), '[--a N]');
  assert.equal(line({ exec: { exclusive: ['json'] }, json: { helpGroup: 'global' } }), '[--exec N | --json N]');
});

test('flags that require each other are one group', () => {
  const flags = { cert: { dependsOn: ['key'] }, key: { dependsOn: ['cert'] }, speed: { dependsOn: ['cert'] } };
  assert.equal(line(flags), '[--cert N --key N] [--speed N]');
});
