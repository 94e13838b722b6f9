import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearName } from '../../../src/cli/accounts/near-name.js';

const KNOWN = ['alice', 'bob', 'operations', 'ci-1', 'al'];

test('a name with a typo finds the user who was meant', () => {
  for (const [typed, meant] of [
    ['alcie', 'alice'],
    ['alic', 'alice'],
    ['alicee', 'alice'],
    ['alixe', 'alice'],
    ['bbo', 'bob'],
    ['opertaions', 'operations'],
    ['perationz', 'operations'],
  ] as const) {
    assert.equal(nearName(typed, KNOWN), meant, typed);
  }
});

test('names that differ on purpose are no typos', () => {
  for (const typed of ['alice', 'rob', 'bo', 'b', 'ci-2', 'ci-10', 'elsie', 'opera', 'carol', 'ab', '']) {
    assert.equal(nearName(typed, KNOWN), undefined, typed);
  }
});

test('the nearest of several is found, whatever their order', () => {
  assert.equal(nearName('administrator', ['administrators', 'administratorss']), 'administrators');
  assert.equal(nearName('administrator', ['administratorss', 'administrators']), 'administrators');
});
