/** Guessing is slowed down by network and by user; the owner of an account is not locked out. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { LOGIN } from '../../src/server/limits.js';
import { LoginGuard } from '../../src/server/login-guard.js';

const { maxFailedLogins, maxFailedLoginsPerUser, maxWaiting, forgetMs, suspectFailures, maxTracked } = LOGIN;

let guard: LoginGuard;
let now: number;

beforeEach(() => {
  guard = new LoginGuard(LOGIN);
  now = 1_000;
});

const attempt = (network: string, user = 'alice') => ({ network, user, isGone: () => false });
const enter = (network: string, user?: string) => guard.enter(attempt(network, user), now);

function fail(network: string, times: number, user?: string): void {
  for (let count = 0; count < times; count++) assert.equal(enter(network, user), true, `failure ${count}`);
}

/** Moves the time; returns nothing, for what waits is told by its promise. */
async function pass(ms: number): Promise<void> {
  now += ms;
  guard.tick(now);
  await Promise.resolve();
}

test('a network may fail so many times; then one login after the other has its turn', async () => {
  fail('a', maxFailedLogins);
  const turns: number[] = [];
  for (const index of [0, 1]) void Promise.resolve(enter('a')).then((may) => may && turns.push(index));
  await pass(forgetMs / 2);
  assert.deepEqual(turns, []);
  await pass(forgetMs / 2);
  assert.deepEqual(turns, [0]);
  await pass(forgetMs);
  assert.deepEqual(turns, [0, 1]);
  assert.notEqual(enter('a'), true, 'the last turn counted as a failure');
});

test('of one network only so many wait; further ones are refused, and other networks are let in', () => {
  fail('a', maxFailedLogins);
  for (let count = 0; count < maxWaiting; count++) assert.ok(enter('a') instanceof Promise);
  assert.equal(enter('a'), false);
  assert.equal(enter('b', 'bob'), true);
});

test('a right token costs nothing, and lets those in that wait behind it', async () => {
  fail('a', maxFailedLogins);
  const waiting = [enter('a', 'bob'), enter('a', 'bob')];
  await pass(forgetMs);
  assert.equal(await waiting[0], true);
  guard.passed(attempt('a', 'bob'), now);
  assert.equal(await waiting[1], true);
});

test('failures of a user on many networks slow down these networks, but not the owner on another one', () => {
  const networks = Array.from({ length: maxFailedLoginsPerUser }, (_, index) => `n${index}`);
  for (const network of networks.slice(0, Math.ceil(maxFailedLoginsPerUser / suspectFailures)))
    for (let count = 0; count < suspectFailures; count++) guard.enter(attempt(network), now);
  assert.ok(enter('n0') instanceof Promise, 'a network that has failed waits for the failures elsewhere');
  assert.equal(enter('n0', 'bob') instanceof Promise, true, 'behind the one that waits already');
  assert.equal(enter('n1', 'bob'), true, 'other users are not slowed down');
  assert.equal(enter('home'), true);
});

test('failures are forgotten, also without a login in between', () => {
  fail('a', maxFailedLogins);
  now += maxFailedLogins * forgetMs;
  fail('a', maxFailedLogins);
});

test('a login whose connection is gone no longer waits', async () => {
  fail('a', maxFailedLogins);
  let isGone = false;
  const gone = guard.enter({ ...attempt('a'), isGone: () => isGone }, now);
  isGone = true;
  await pass(1);
  assert.equal(await gone, false);
  assert.equal(guard.isWelcome('a', maxWaiting), true);
});

test('a network whose logins wait needs no more connections than may wait', () => {
  fail('a', maxFailedLogins);
  assert.equal(guard.isWelcome('a', 1_000), true);
  void enter('a');
  assert.equal(guard.isWelcome('a', maxWaiting), false);
  assert.equal(guard.isWelcome('a', maxWaiting - 1), true);
  assert.equal(guard.isWelcome('b', 1_000), true);
});

test('only so many networks are remembered: the one whose last failure was first is forgotten', () => {
  fail('first', maxFailedLogins);
  for (let index = 0; index < maxTracked; index++) guard.enter(attempt(`n${index}`, `u${index}`), now);
  assert.equal(enter('first'), true);
});
