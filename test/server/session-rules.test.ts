/** The rules of a session: every cell of the table of allowed frames, and every deadline to the millisecond. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClientFrameType } from '../../src/protocol/frame-catalogue.js';
import type { Mode } from '../../src/protocol/frames/login.js';
import { Activity, ALLOWED, checkAllowed, type Phase, type Verdict } from '../../src/server/session-rules.js';

/** The table of the protocol a second time, so that it cannot change by accident. */
const TABLE = `
  frame      new     chat     send     operate
  login      handle  violate  violate  violate
  message    pass    handle   handle   violate
  ack        pass    handle   violate  violate
  read       pass    handle   violate  violate
  status     pass    handle   handle   violate
  unsend     pass    handle   handle   violate
  heartbeat  pass    handle   handle   handle
  devices    pass    handle   handle   handle
  senders    pass    handle   handle   handle
  own        pass    handle   handle   violate
  account    pass    forbid   forbid   handle
  queue      pass    forbid   forbid   handle
  replay     pass    forbid   forbid   handle
  restore    pass    forbid   forbid   handle
  purge      pass    forbid   forbid   handle
  audit      pass    forbid   forbid   handle
`;

const [head, ...rows] = TABLE.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));
const cells = rows.flatMap(([frame, ...verdicts]) =>
  verdicts.map((verdict, index) => ({
    frame: frame as ClientFrameType,
    column: head?.[index + 1] as 'new' | Mode,
    verdict: verdict as Verdict,
  })),
);

describe('which frames are allowed when', () => {
  test('the table has every client frame', () => {
    assert.deepEqual(
      rows.map(([frame]) => frame),
      Object.keys(ALLOWED),
    );
  });

  for (const { frame, column, verdict } of cells) {
    test(`${frame}, ${column === 'new' ? 'before login (R1)' : `in mode ${column}`}: ${verdict}`, () => {
      assert.equal(
        column === 'new' ? checkAllowed('new', undefined, frame) : checkAllowed('ready', column, frame),
        verdict,
      );
    });
  }

  test('while a session is closing or closed, no frame has an effect', () => {
    for (const phase of ['closing', 'closed'] as const) {
      for (const { frame, column } of cells) {
        assert.equal(checkAllowed(phase, column === 'new' ? undefined : column, frame), 'pass', `${frame} in ${phase}`);
      }
    }
  });
});

describe('when a session is overdue', () => {
  const openedAt = 1_000;
  const overdueAt = (ms: number, phase: Phase, activity = new Activity(openedAt), bufferedBytes = 0) =>
    activity.overdue(openedAt + ms, phase, bufferedBytes);

  test('a connection without a login is overdue after 10 s, whatever it has received (R1)', () => {
    const activity = new Activity(openedAt);
    activity.received(openedAt + 9_000);
    assert.equal(overdueAt(9_999, 'new', activity), undefined);
    assert.equal(overdueAt(10_000, 'new', activity), 'login-timeout');
    assert.equal(overdueAt(10_000, 'new', activity), 'login-timeout', 'repeated checks are harmless');
  });

  test('a session is idle 90 s after it last received something (R13)', () => {
    const activity = new Activity(openedAt);
    assert.equal(overdueAt(89_999, 'ready', activity), undefined);
    assert.equal(overdueAt(90_000, 'ready', activity), 'idle');
    activity.received(openedAt + 90_000);
    assert.equal(overdueAt(179_999, 'ready', activity), undefined);
    assert.equal(overdueAt(180_000, 'ready', activity), 'idle');
  });

  test('a session with more than 1 MiB buffered for 30 s without a break is a slow consumer', () => {
    const activity = new Activity(openedAt);
    const tooMuch = 1024 * 1024 + 1;
    assert.equal(overdueAt(0, 'ready', activity, tooMuch), undefined);
    assert.equal(overdueAt(29_999, 'ready', activity, tooMuch), undefined);
    assert.equal(overdueAt(30_000, 'ready', activity, tooMuch), 'slow-consumer');

    assert.equal(overdueAt(30_001, 'ready', activity, tooMuch - 1), undefined, 'caught up');
    assert.equal(overdueAt(30_002, 'ready', activity, tooMuch), undefined, 'starts anew');
    assert.equal(overdueAt(60_001, 'ready', activity, tooMuch), undefined);
    assert.equal(overdueAt(60_002, 'ready', activity, tooMuch), 'slow-consumer');
  });

  test('a closing or closed session is never overdue', () => {
    for (const phase of ['closing', 'closed'] as const) assert.equal(overdueAt(1e9, phase), undefined);
  });
});

describe('the count of what is passed over (R2)', () => {
  const passOver = (activity: Activity, times: number, at: number) => {
    const reasons = Array.from({ length: times }, () => activity.passedOver(at));
    return { before: reasons.slice(0, -1).find((reason) => reason !== undefined), last: reasons.at(-1) };
  };

  test('100 messages in a minute may be passed over, the next one is too many', () => {
    const activity = new Activity(0);
    assert.deepEqual(passOver(activity, 100, 59_999), { before: undefined, last: undefined });
    assert.equal(activity.passedOver(59_999), 'too-many-passed-over');
  });

  test('the count of what is passed over starts anew each minute', () => {
    const activity = new Activity(0);
    passOver(activity, 100, 59_999);
    assert.deepEqual(passOver(activity, 100, 60_000), { before: undefined, last: undefined });
    assert.equal(activity.passedOver(60_000), 'too-many-passed-over');
  });
});
