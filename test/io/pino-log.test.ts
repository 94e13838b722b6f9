/** The log: the format of a line, and what it never contains. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createToken } from '../../src/accounts/credentials.js';
import { LOG } from '../../src/io/limits.js';
import { createLog, LOG_LEVELS, type LogLevel } from '../../src/io/pino-log.js';
import { createFakeClock } from '../harness/fake-clock.js';

const HOSTILE = 'x\x1b[2J\x07\x9b31m\r\n\u202eevil\u200b\u2028\u{e0041}\x7f "quoted"';
/** What controls a terminal, or hides or reorders text. Not taken from the code under test on purpose. */
const CONTROLS = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\u200b-\u200d\u2060\ufeff]|[\u{e0001}-\u{e007f}]/u;

function openLog(isHuman: boolean, level: LogLevel = 'debug') {
  const texts: string[] = [];
  const clock = createFakeClock();
  const log = createLog({ level, isHuman, clock, stream: { write: (text: string) => texts.push(text) } });
  return { log, clock, texts };
}

test('a line of JSON has level, time, event and the fields, but no process data', () => {
  const { log, clock, texts } = openLog(false);
  log.info('logged in', { user: 'alice', pushed: 3, isOperator: false, mode: undefined });
  const time = new Date(clock.now()).toISOString();
  assert.deepEqual(
    texts.map((text) => JSON.parse(text)),
    [{ level: 'info', time, event: 'logged in', user: 'alice', pushed: 3, isOperator: false }],
  );
  assert.ok(texts[0]?.endsWith('}\n'));
});

test('a line for people has time, level, event and the fields, in this order', () => {
  const { log, clock, texts } = openLog(true);
  log.warn('peer left', { user: 'alice', code: 1006, reason: 'read ECONNRESET' });
  const time = new Date(clock.now()).toISOString();
  assert.deepEqual(texts, [`${time} warn  peer left user=alice code=1006 reason="read ECONNRESET"\n`]);
});

test('an error is logged with its stack, code and causes, but with no other property', () => {
  const inner = Object.assign(new Error('disk'), { code: 'EIO', frame: { body: 'a secret' } });
  const outer = new Error('append failed', { cause: inner });
  for (const isHuman of [false, true]) {
    const { log, texts } = openLog(isHuman);
    log.error('session failed', outer, { user: 'alice' });
    const text = texts.join('');
    for (const part of ['append failed', 'disk', 'pino-log.test']) assert.ok(text.includes(part), `${part}: ${text}`);
    assert.ok(!text.includes('a secret'));
    if (!isHuman) assert.equal(JSON.parse(text).error.cause.code, 'EIO');
  }
});

test('a thrown value that is not an Error is logged, too', () => {
  for (const cause of ['a word', undefined, null, 7]) {
    const { log, texts } = openLog(true);
    log.error('odd', cause);
    assert.ok(texts[0]?.includes(' error odd'));
  }
});

test('each level leaves out less severe events', () => {
  const expected = { debug: 4, info: 3, warn: 2, error: 1, silent: 0 };
  for (const level of LOG_LEVELS) {
    const { log, texts } = openLog(false, level);
    log.debug('d');
    log.info('i');
    log.warn('w');
    log.error('e', new Error('e'));
    assert.equal(texts.length, expected[level], level);
  }
});

test('no token and no body appears in a line, in whatever field', () => {
  const token = createToken();
  for (const isHuman of [false, true]) {
    const { log, texts } = openLog(isHuman);
    log.info(`oops ${token}`, { token: 'short', body: 'hello bob', tokenHash: 'sha256:00', agent: `a ${token} b` });
    log.error('failed', new Error(`bad ${token}`, { cause: new Error(token) }), { reason: token });
    const text = texts.join('');
    for (const secret of [token, 'short', 'hello bob', 'sha256:00']) assert.ok(!text.includes(secret), text);
  }
});

test('text of a peer cannot control a terminal or imitate a line (R18), and is unchanged after JSON.parse', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.constant(HOSTILE)),
      (hostile) => {
        for (const isHuman of [false, true]) {
          const { log, texts } = openLog(isHuman);
          log.info(hostile, { agent: hostile });
          assert.equal(texts.length, 1);
          const line = texts[0] ?? '';
          assert.ok(line.endsWith('\n'));
          assert.doesNotMatch(line.slice(0, -1), CONTROLS);
          if (!isHuman) assert.equal(JSON.parse(line).agent, hostile.toWellFormed());
        }
      },
    ),
  );
});

test('an error that quotes a peer cannot control a terminal either', () => {
  const { log, texts } = openLog(true);
  log.error('failed', new Error(HOSTILE));
  for (const line of texts.join('').split('\n')) assert.doesNotMatch(line, CONTROLS);
});

/** A log on a stream whose state the test sets. */
function openFailingLog(isHuman: boolean) {
  const stream = { error: undefined as Error | undefined, writableLength: 0 };
  const texts: string[] = [];
  let lost = 0;
  const write = (text: string, written: (error?: Error) => void): void => {
    if (!stream.error) texts.push(text);
    written(stream.error);
  };
  const log = createLog({
    ...{ level: 'info', isHuman, clock: createFakeClock() },
    stream: Object.assign(stream, { write }),
    onLost: () => lost++,
  });
  return { log, stream, texts, lost: () => lost };
}

test('lines that cannot be written are counted; the log says so before the next line that can be written', () => {
  for (const isHuman of [false, true]) {
    const { log, stream, texts, lost } = openFailingLog(isHuman);
    stream.error = new Error('write EPIPE');
    for (const event of ['one', 'two', 'three']) log.info(event);
    assert.deepEqual([texts, lost()], [[], 3]);
    stream.error = undefined;
    log.info('four');
    log.info('five');
    assert.equal(lost(), 3);
    assert.equal(texts.length, 3);
    assert.match(texts[0] ?? '', isHuman ? / warn {2}log lines lost lines=3\n$/ : /"lines":3,"event":"log lines lost"/);
    assert.match(texts[1] ?? '', /four/);
  }
});

test('for a reader that is stuck, lines are kept up to a limit', () => {
  const { log, stream, texts, lost } = openFailingLog(false);
  stream.writableLength = LOG.maxPendingBytes;
  log.info('one');
  stream.writableLength += 1;
  log.info('two');
  assert.deepEqual([texts.length, lost()], [1, 1]);
  stream.writableLength = 0;
  log.info('three');
  assert.match(texts[1] ?? '', /log lines lost/);
});
