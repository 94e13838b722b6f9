/** What a session may say when, and when it is overdue: every cell of the table, every deadline to the millisecond. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClientFrameType } from '../../src/protocol/frame-catalogue.js';
import type { Mode } from '../../src/protocol/frames/login.js';
import { Activity, ALLOWED, checkAllowed, type Phase, type Verdict } from '../../src/server/session-rules.js';

/** The protocol's table, written down a second time: a change of one has to be meant. */
const TABLE = `
  frame      new     chat     send     operate
  login      handle  violate  violate  violate
  message    pass    handle   handle   violate
  ack        pass    handle   violate  violate
  status     pass    handle   handle   violate
  heartbeat  pass    handle   handle   handle
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
  verdicts.map((verdict, column) => ({
    frame: frame as ClientFrameType,
    standing: head?.[column + 1] as 'new' | Mode,
    verdict: verdict as Verdict,
  })),
);

describe('what may be said when', () => {
  test('the table has every frame of a client', () => {
    assert.deepEqual(
      rows.map(([frame]) => frame),
      Object.keys(ALLOWED),
    );
  });

  for (const { frame, standing, verdict } of cells) {
    test(`${frame}, ${standing === 'new' ? 'before login (R1)' : `in mode ${standing}`}: ${verdict}`, () => {
      assert.equal(
        standing === 'new' ? checkAllowed('new', undefined, frame) : checkAllowed('ready', standing, frame),
        verdict,
      );
    });
  }

  test('while a session closes, and after, nothing has an effect', () => {
    for (const phase of ['closing', 'closed'] as const) {
      for (const { frame, standing } of cells) {
        assert.equal(
          checkAllowed(phase, standing === 'new' ? undefined : standing, frame),
          'pass',
          `${frame} in ${phase}`,
        );
      }
    }
  });
});

describe('when a session is overdue', () => {
  const openedAt = 1_000;
  const overdueAt = (ms: number, phase: Phase, activity = new Activity(openedAt), bufferedBytes = 0) =>
    activity.overdue(openedAt + ms, phase, bufferedBytes);

  test('before login after 10 s, whatever was received meanwhile (R1)', () => {
    const activity = new Activity(openedAt);
    activity.received(openedAt + 9_000);
    assert.equal(overdueAt(9_999, 'new', activity), undefined);
    assert.equal(overdueAt(10_000, 'new', activity), 'login-timeout');
    assert.equal(overdueAt(10_000, 'new', activity), 'login-timeout', 'asking twice does no harm');
  });

  test('after login 90 s after the last thing received (R13)', () => {
    const activity = new Activity(openedAt);
    assert.equal(overdueAt(89_999, 'ready', activity), undefined);
    assert.equal(overdueAt(90_000, 'ready', activity), 'idle');
    activity.received(openedAt + 90_000);
    assert.equal(overdueAt(179_999, 'ready', activity), undefined);
    assert.equal(overdueAt(180_000, 'ready', activity), 'idle');
  });

  test('when it leaves more than 1 MiB unread for 30 s on end', () => {
    const activity = new Activity(openedAt);
    const tooMuch = 1024 * 1024 + 1;
    assert.equal(overdueAt(0, 'ready', activity, tooMuch), undefined);
    assert.equal(overdueAt(29_999, 'ready', activity, tooMuch), undefined);
    assert.equal(overdueAt(30_000, 'ready', activity, tooMuch), 'slow-consumer');

    assert.equal(overdueAt(30_001, 'ready', activity, tooMuch - 1), undefined, 'it caught up');
    assert.equal(overdueAt(30_002, 'ready', activity, tooMuch), undefined, 'and counts from the beginning');
    assert.equal(overdueAt(60_001, 'ready', activity, tooMuch), undefined);
    assert.equal(overdueAt(60_002, 'ready', activity, tooMuch), 'slow-consumer');
  });

  test('never while it closes or is closed', () => {
    for (const phase of ['closing', 'closed'] as const) assert.equal(overdueAt(1e9, phase), undefined);
  });
});

describe('what is passed over is counted (R2)', () => {
  const passOver = (activity: Activity, times: number, at: number) => {
    const reasons = Array.from({ length: times }, () => activity.passedOver(at));
    return { before: reasons.slice(0, -1).find((reason) => reason !== undefined), last: reasons.at(-1) };
  };

  test('100 in a minute are borne, the next one is too many', () => {
    const activity = new Activity(0);
    assert.deepEqual(passOver(activity, 100, 59_999), { before: undefined, last: undefined });
    assert.equal(activity.passedOver(59_999), 'too-many-passed-over');
  });

  test('the next minute counts from the beginning', () => {
    const activity = new Activity(0);
    passOver(activity, 100, 59_999);
    assert.deepEqual(passOver(activity, 100, 60_000), { before: undefined, last: undefined });
    assert.equal(activity.passedOver(60_000), 'too-many-passed-over');
  });
});
