/** The reconnect state machine: each cell of its table, deadlines, backoff, and why it ends. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  Reconnect,
  type ReconnectEvent,
  type ReconnectState,
  TRANSITIONS,
} from '../../../src/client/connection/reconnect.js';
import { CLIENT } from '../../../src/client/limits.js';
import { CLOSES, isTerminal } from '../../../src/protocol/close-codes.js';

const WELCOMED = { type: 'welcomed', heartbeatMs: 30_000, idleMs: 90_000 } as const;
const CUT = { type: 'closed', code: 1006, detail: 'cut' } as const;

const create = (reconnect = true, random = () => 0.5) => new Reconnect(reconnect, random);

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
  retry: { type: 'retry' },
};

/** The events that lead to a state. */
const WAYS: Readonly<Record<ReconnectState, readonly ReconnectEvent[]>> = {
  idle: [],
  connecting: [EVENTS.start],
  'logging-in': [EVENTS.start, EVENTS.opened],
  online: [EVENTS.start, EVENTS.opened, WELCOMED],
  waiting: [EVENTS.start, CUT],
  closing: [EVENTS.start, EVENTS.stop],
  ended: [EVENTS.stop],
};

function inState(state: ReconnectState, reconnect = true): Reconnect {
  const machine = create(reconnect);
  for (const event of WAYS[state]) machine.handle(event, 0);
  assert.equal(machine.state, state);
  return machine;
}

describe('the table', () => {
  for (const state of Object.keys(TRANSITIONS) as ReconnectState[]) {
    for (const event of Object.values(EVENTS)) {
      const next = TRANSITIONS[state][event.type];
      test(`${state}, ${event.type}: ${next ?? 'nothing'}`, () => {
        const machine = inState(state);
        const actions = machine.handle(event, 1);
        assert.equal(machine.state, next ?? state);
        if (next === undefined) assert.deepEqual(actions, []);
        else if (next !== 'online') assert.ok(actions.length > 0, 'each change of state has an effect');
      });
    }
  }

  test('every state but idle and ended has a deadline', () => {
    for (const state of Object.keys(TRANSITIONS) as ReconnectState[]) {
      const deadline = inState(state).nextDeadline();
      assert.equal(Number.isFinite(deadline), state !== 'idle' && state !== 'ended', state);
    }
  });
});

test('connecting and logging in share one timeout, after which the attempt is cut', () => {
  const machine = inState('logging-in');
  assert.deepEqual(machine.tick(CLIENT.connectTimeoutMs - 1), []);
  const actions = machine.tick(CLIENT.connectTimeoutMs);
  assert.deepEqual(
    actions.map(({ type }) => type),
    ['cut', 'wait'],
  );
});

test('a heartbeat is sent every heartbeatMs, and a server that is silent for idleMs is cut (R13)', () => {
  const machine = inState('online');
  for (const now of [30_000, 60_000]) assert.deepEqual(machine.tick(now), [{ type: 'heartbeat' }]);
  machine.noteActivity(60_001);
  assert.deepEqual(machine.tick(90_000), [{ type: 'heartbeat' }]);
  assert.deepEqual(machine.tick(120_000), [{ type: 'heartbeat' }]);
  const [cut, wait] = machine.tick(150_001);
  assert.deepEqual(cut, { type: 'cut' });
  assert.equal(wait?.type === 'wait' && wait.reason, 'silent');
});

test('the backoff doubles up to its cap, and starts again after backoffResetMs online', () => {
  const machine = create(true, () => 0.999_999);
  const waits: number[] = [];
  let now = 0;
  const fail = (): void => {
    const [action] = machine.handle(CUT, now);
    assert.ok(action?.type === 'wait');
    waits.push(action.retryInMs);
    now += action.retryInMs;
    machine.tick(now);
    assert.equal(machine.state, 'connecting');
  };
  machine.handle(EVENTS.start, now);
  for (let attempt = 0; attempt < 9; attempt++) fail();
  assert.deepEqual(waits, [499, 999, 1_999, 3_999, 7_999, 15_999, 29_999, 29_999, 29_999]);

  const online = (ms: number): void => {
    machine.handle(EVENTS.opened, now);
    machine.handle(WELCOMED, now);
    now += ms;
    machine.noteActivity(now);
  };
  online(CLIENT.backoffResetMs - 1);
  fail();
  assert.equal(waits.at(-1), 29_999, 'not long enough');
  online(CLIENT.backoffResetMs);
  fail();
  assert.equal(waits.at(-1), 499);
});

test('full jitter: the wait is between 0 and the backoff', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
      const machine = create(true, () => random);
      machine.handle(EVENTS.start, 0);
      const [action] = machine.handle(CUT, 0);
      assert.ok(action?.type === 'wait');
      assert.ok(action.retryInMs >= 0 && action.retryInMs < CLIENT.backoffBaseMs);
    }),
  );
});

describe('why it ends', () => {
  for (const [word, { code }] of Object.entries(CLOSES)) {
    test(`${word} (${code}) ${isTerminal(code) ? 'ends the client' : 'is followed by a reconnect'}`, () => {
      const machine = inState('online');
      const actions = machine.handle({ type: 'closed', code, detail: '' }, 1);
      assert.equal(machine.state, isTerminal(code) ? 'ended' : 'waiting');
      const [action] = actions;
      assert.ok(action?.type === 'wait' || action?.type === 'end');
      assert.equal(action.reason, word);
      assert.equal(action.code, code);
    });
  }

  test('a final `bye` counts even when the close frame after it is lost: no fight with the newer login (R6)', () => {
    const machine = inState('online');
    machine.bye('replaced', undefined);
    assert.deepEqual(machine.handle(CUT, 1), [{ type: 'end', reason: 'replaced', code: 4501, detail: 'cut' }]);
  });

  test('an unknown reason of a newer server: its close code says whether to come back', () => {
    for (const [code, action] of [
      [4599, 'end'],
      [4099, 'wait'],
    ] as const) {
      const machine = inState('online');
      machine.bye('new-reason', undefined);
      const [first] = machine.handle({ type: 'closed', code, detail: '' }, 1);
      assert.equal(first?.type, action);
      assert.ok(first?.type === 'end' || first?.type === 'wait');
      assert.deepEqual([first.reason, first.code], ['new-reason', code]);
    }
  });

  test('without reconnect a loss is the end, with its code and detail', () => {
    const machine = inState('connecting', false);
    assert.deepEqual(machine.handle({ ...CUT, detail: 'ECONNREFUSED' }, 1), [
      { type: 'end', reason: 'lost', code: 1006, detail: 'ECONNREFUSED' },
    ]);
  });

  test('after stop the reason is that of stop, whatever close code follows', () => {
    const machine = inState('online');
    assert.deepEqual(machine.handle({ type: 'stop', reason: 'closed' }, 1), [{ type: 'close' }]);
    assert.deepEqual(machine.handle({ type: 'closed', code: 4501, detail: '' }, 2), [
      { type: 'end', reason: 'closed' },
    ]);
  });

  test('a transport that does not close in time is cut', () => {
    const machine = inState('closing');
    const actions = machine.tick(machine.nextDeadline());
    assert.deepEqual(actions, [{ type: 'cut' }, { type: 'end', reason: 'closed' }]);
  });
});

test('retryAfterMs of `bye` counts once, up to maxRetryAfterMs', () => {
  const machine = inState('online');
  machine.bye('shutdown', 1_500);
  const [first] = machine.handle({ type: 'closed', code: 1012, detail: '' }, 0);
  assert.equal(first?.type === 'wait' && first.retryInMs, 1_500);
  machine.tick(1_500);
  const [second] = machine.handle(CUT, 1_500);
  assert.equal(second?.type === 'wait' && second.retryInMs, 500, 'half of the doubled base');
  machine.tick(2_000);
  machine.bye('shutdown', 3_600_000);
  const [third] = machine.handle(CUT, 2_000);
  assert.equal(third?.type === 'wait' && third.retryInMs, CLIENT.maxRetryAfterMs);
});

test('any sequence of events: one transport at a time, and no action after the end', () => {
  const event = fc.constantFrom(...Object.values(EVENTS), 'tick' as const);
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.nat(200_000)), { maxLength: 60, size: 'max' }), (steps) => {
      const machine = create();
      let now = 0;
      let hasTransport = false;
      let isOver = false;
      for (const [step, ms] of steps) {
        now += ms;
        // A transport reports events only while it exists; the other events come from `tick`.
        if (step !== 'tick' && ['timeout', 'silent', 'retry'].includes(step.type)) continue;
        if (step !== 'tick' && ['opened', 'welcomed', 'closed', 'fault'].includes(step.type) && !hasTransport) continue;
        if (step !== 'tick' && step.type === 'closed') hasTransport = false;
        for (const action of step === 'tick' ? machine.tick(now) : machine.handle(step, now)) {
          assert.ok(!isOver, 'nothing after the end');
          if (action.type === 'dial') assert.ok(!hasTransport, 'one transport at a time');
          if (action.type === 'dial') hasTransport = true;
          if (action.type === 'cut') hasTransport = false;
          if (action.type === 'login' || action.type === 'heartbeat' || action.type === 'close')
            assert.ok(hasTransport);
          if (action.type === 'end') {
            assert.ok(!hasTransport, 'no transport is left open');
            isOver = true;
          }
        }
      }
    }),
  );
});
