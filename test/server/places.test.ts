/** The places for sessions: bounds in total and by user, and who may be one too many. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SESSION } from '../../src/server/limits.js';
import { Places, shareOfOneUser } from '../../src/server/places.js';

const usual = { isUrgent: false };
const urgent = { isUrgent: true };

test('there is no place above either bound, and one again after a release', () => {
  const places = new Places({ maxConnections: 3, maxSessionsPerUser: 2 });
  assert.equal(places.take('alice', usual), undefined);
  assert.equal(places.take('alice', usual), undefined);
  assert.equal(places.take('alice', usual), 'too-many-sessions');
  assert.equal(places.take('bob', usual), undefined);
  assert.equal(places.take('carol', usual), 'too-many-connections');
  places.release('alice');
  assert.equal(places.take('carol', usual), undefined);
  assert.equal(places.taken, 3);
});

test('one user gets a quarter of the places, but some of very few, and not more than the default', () => {
  assert.deepEqual([4, 300, 65_536].map(shareOfOneUser), [16, 75, SESSION.maxSessionsPerUser]);
});

test('an urgent session may be one too many in total, but not of its user', () => {
  const places = new Places({ maxConnections: 1, maxSessionsPerUser: 2 });
  places.take('alice', usual);
  assert.equal(places.take('operator', urgent), undefined);
  assert.equal(places.take('operator', urgent), undefined);
  assert.equal(places.take('operator', urgent), 'too-many-sessions');
  for (let count = 0; count < 2; count++) places.release('operator');
  places.release('alice');
  assert.equal(places.taken, 0);
});
