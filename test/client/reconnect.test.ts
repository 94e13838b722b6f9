/** The reconnect machine by its table: states, events, and times that are only numbers. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CLIENT } from '../../src/client/limits.js';
import { Reconnect, type ReconnectEvent, type ReconnectState, TRANSITIONS } from '../../src/client/reconnect.js';
import { CLOSES, isTerminal } from '../../src/protocol/close-codes.js';

const WELCOMED = { type: 'welcomed', heartbeatMs: 30_000, idleMs: 90_000 } as const;
const CUT = { type: 'closed', code: 1006, detail: 'cut' } as const;

const create = (reconnect = true, random = () => 0.5) => new Reconnect({ reconnect, random });

/** One event of each kind. */
const EVENTS: { readonly [T in ReconnectEvent['type']]: Extract<ReconnectEvent, { readonly type: T }> } = {
  start: { type: 'start' },
  opened: { type: 'opened' },
  welcomed: WELCOMED,
  closed: CUT,
  fault: { type: 'fault', detail: 'a hole' },
  stop: { type: 'stop', reason: 'closed' },
  timeout: { type: 'timeout' },
  silent: { type: 'silent' },
  due: { type: 'due' },
};

/** The events that lead to a state. */
const WAYS: Readonly<Record<ReconnectState, readonly ReconnectEvent[]>> = {
  idle: [],
  connecting: [EVENTS.start],
  opening: [EVENTS.start, EVENTS.opened],
  online: [EVENTS.start, EVENTS.opened, WELCOMED],
  waiting: [EVENTS.start, CUT],
  closing: [EVENTS.start, EVENTS.stop],
  ended: [EVENTS.stop],
};

function inState(state: ReconnectState, reconnect = true): Reconnect {
  const link = create(reconnect);
  for (const event of WAYS[state]) link.handle(event, 0);
  assert.equal(link.state, state);
  return link;
}

describe('the table', () => {
  for (const state of Object.keys(TRANSITIONS) as ReconnectState[]) {
    for (const event of Object.values(EVENTS)) {
      const next = TRANSITIONS[state][event.type];
      test(`${state}, ${event.type}: ${next ?? 'nothing'}`, () => {
        const link = inState(state);
        const actions = link.handle(event, 1);
        assert.equal(link.state, next ?? state);
        if (next === undefined) assert.deepEqual(actions, []);
        else if (next !== 'online') assert.ok(actions.length > 0, 'each change of state has an effect');
      });
    }
  }

  test('every state but the last has a deadline or waits for its owner', () => {
    for (const state of Object.keys(TRANSITIONS) as ReconnectState[]) {
      const deadline = inState(state).nextDeadline();
      assert.equal(Number.isFinite(deadline), state !== 'idle' && state !== 'ended', state);
    }
  });
});

test('connecting and logging in share one timeout; then the attempt is cut', () => {
  const link = inState('opening');
  assert.deepEqual(link.tick(CLIENT.connectTimeoutMs - 1), []);
  const actions = link.tick(CLIENT.connectTimeoutMs);
  assert.deepEqual(
    actions.map(({ type }) => type),
    ['cut', 'wait'],
  );
});

test('a heartbeat leaves every heartbeatMs, and a peer not heard of for idleMs is cut (R13)', () => {
  const link = inState('online');
  for (const now of [30_000, 60_000]) assert.deepEqual(link.tick(now), [{ type: 'heartbeat' }]);
  link.heard(60_001);
  assert.deepEqual(link.tick(90_000), [{ type: 'heartbeat' }]);
  assert.deepEqual(link.tick(120_000), [{ type: 'heartbeat' }]);
  const [cut, wait] = link.tick(150_001);
  assert.deepEqual(cut, { type: 'cut' });
  assert.equal(wait?.type === 'wait' && wait.reason, 'silent');
});

test('the back-off doubles with full jitter up to its cap, and starts again after a minute online', () => {
  const link = create(true, () => 0.999_999);
  const waits: number[] = [];
  let now = 0;
  const fail = (): void => {
    const [action] = link.handle(CUT, now);
    assert.ok(action?.type === 'wait');
    waits.push(action.retryInMs);
    now += action.retryInMs;
    link.tick(now);
    assert.equal(link.state, 'connecting');
  };
  link.handle(EVENTS.start, now);
  for (let attempt = 0; attempt < 9; attempt++) fail();
  assert.deepEqual(waits, [499, 999, 1_999, 3_999, 7_999, 15_999, 29_999, 29_999, 29_999]);

  const online = (ms: number): void => {
    link.handle(EVENTS.opened, now);
    link.handle(WELCOMED, now);
    now += ms;
    link.heard(now);
  };
  online(CLIENT.backoffResetMs - 1);
  fail();
  assert.equal(waits.at(-1), 29_999, 'not long enough');
  online(CLIENT.backoffResetMs);
  fail();
  assert.equal(waits.at(-1), 499);
});

test('only the wait is jittered: from nothing to all of it', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
      const link = create(true, () => random);
      link.handle(EVENTS.start, 0);
      const [action] = link.handle(CUT, 0);
      assert.ok(action?.type === 'wait');
      assert.ok(action.retryInMs >= 0 && action.retryInMs < CLIENT.backoffBaseMs);
    }),
  );
});

describe('why it ends', () => {
  for (const [word, { code }] of Object.entries(CLOSES)) {
    test(`${word} (${code}) ${isTerminal(code) ? 'ends it' : 'is come back from'}`, () => {
      const link = inState('online');
      const actions = link.handle({ type: 'closed', code, detail: '' }, 1);
      assert.equal(link.state, isTerminal(code) ? 'ended' : 'waiting');
      const [action] = actions;
      assert.ok(action?.type === 'wait' || action?.type === 'end');
      assert.equal(action.reason, word);
      assert.equal(action.code, code);
    });
  }

  test('a terminal `bye` counts even when the close frame after it is lost: no fight with the newer login (R6)', () => {
    const link = inState('online');
    link.bye('replaced', undefined);
    assert.deepEqual(link.handle(CUT, 1), [{ type: 'end', reason: 'replaced', code: 4501, detail: 'cut' }]);
  });

  test('without reconnect a loss is the end, with all that is known of it', () => {
    const link = inState('connecting', false);
    assert.deepEqual(link.handle({ ...CUT, detail: 'ECONNREFUSED' }, 1), [
      { type: 'end', reason: 'lost', code: 1006, detail: 'ECONNREFUSED' },
    ]);
  });

  test('when it is closed by its owner the reason is his, whatever the wire says then', () => {
    const link = inState('online');
    assert.deepEqual(link.handle({ type: 'stop', reason: 'closed' }, 1), [{ type: 'close' }]);
    assert.deepEqual(link.handle({ type: 'closed', code: 4501, detail: '' }, 2), [{ type: 'end', reason: 'closed' }]);
  });

  test('a wire that does not close is cut in the end', () => {
    const link = inState('closing');
    const actions = link.tick(link.nextDeadline());
    assert.deepEqual(actions, [{ type: 'cut' }, { type: 'end', reason: 'closed' }]);
  });
});

test('the server says when to come back; it is believed up to a minute, and only once', () => {
  const link = inState('online');
  link.bye('shutdown', 1_500);
  const [first] = link.handle({ type: 'closed', code: 1012, detail: '' }, 0);
  assert.equal(first?.type === 'wait' && first.retryInMs, 1_500);
  link.tick(1_500);
  const [second] = link.handle(CUT, 1_500);
  assert.equal(second?.type === 'wait' && second.retryInMs, 500, 'half of the doubled base');
  link.tick(2_000);
  link.bye('shutdown', 3_600_000);
  const [third] = link.handle(CUT, 2_000);
  assert.equal(third?.type === 'wait' && third.retryInMs, CLIENT.maxRetryAfterMs);
});

test('whatever happens in whatever order: one dial at a time, nothing after the end', () => {
  const event = fc.constantFrom(...Object.values(EVENTS), 'tick' as const);
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.nat(200_000)), { maxLength: 60, size: 'max' }), (steps) => {
      const link = create();
      let now = 0;
      let hasWire = false;
      let isOver = false;
      for (const [step, ms] of steps) {
        now += ms;
        // The wire tells what happens to it only while there is one, and a link asks for the rest itself.
        if (step !== 'tick' && ['timeout', 'silent', 'due'].includes(step.type)) continue;
        if (step !== 'tick' && ['opened', 'welcomed', 'closed', 'fault'].includes(step.type) && !hasWire) continue;
        if (step !== 'tick' && step.type === 'closed') hasWire = false;
        for (const action of step === 'tick' ? link.tick(now) : link.handle(step, now)) {
          assert.ok(!isOver, 'nothing after the end');
          if (action.type === 'dial') assert.ok(!hasWire, 'one wire at a time');
          if (action.type === 'dial') hasWire = true;
          if (action.type === 'cut') hasWire = false;
          if (action.type === 'login' || action.type === 'heartbeat' || action.type === 'close') assert.ok(hasWire);
          if (action.type === 'end') {
            assert.ok(!hasWire, 'no wire is left behind');
            isOver = true;
          }
        }
      }
    }),
  );
});
