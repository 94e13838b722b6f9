/** The operator client against a scripted server. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { type Operator, OperatorLost, OperatorRefused, operate } from '../../../src/client/api/operator-client.js';
import { CLIENT } from '../../../src/client/limits.js';
import { createFakeClock, type FakeClock } from '../../harness/fake-clock.js';
import { ScriptedServer, WELCOME } from '../scripted-server.js';

let clock: FakeClock;
let server: ScriptedServer;
let operator: Operator;

const entry = (user: string) => ({ user, role: 'user', at: 1 }) as const;

beforeEach(() => {
  clock = createFakeClock();
  server = new ScriptedServer(clock);
  let ids = 0;
  const ports = { dial: server.net.dial, clock, newId: () => `r${++ids}` };
  operator = operate({ url: 'ws://memory', user: 'operator', token: 't' }, ports);
});

test('a request resolves with the accounts of its answer', async () => {
  const answer = operator.accounts({ action: 'add', users: ['bob'], role: 'operator' });
  assert.deepEqual(await server.take(), [
    { type: 'account', id: 'r1', action: 'add', users: ['bob'], role: 'operator' },
  ]);
  assert.match(server.texts[0] ?? '', /"mode":"operate"/);
  await server.send({ type: 'account', id: 'r1', users: [{ ...entry('bob'), token: 'secret' }] });
  assert.deepEqual(await answer, [{ ...entry('bob'), token: 'secret' }]);
});

test('answers are matched to requests by id, in any order', async () => {
  const first = operator.accounts({ action: 'remove', users: ['bob'] });
  first.catch(() => undefined);
  const second = operator.accounts({ action: 'list' });
  await server.take();
  await server.send(
    { type: 'account', id: 'r2', users: [entry('carol')] },
    { type: 'error', id: 'r1', code: 'unknown-user', message: 'no', retry: false },
  );
  assert.deepEqual(await second, [entry('carol')]);
  await assert.rejects(first, (error) => error instanceof OperatorRefused && error.refusal.code === 'unknown-user');
});

test('queue, replay, restore and audit requests resolve with their answers', async () => {
  server.onFrame = (frame) => {
    if (frame.type === 'queue') server.sendNow({ type: 'queue', id: frame.id, mailboxes: [] });
    if (frame.type === 'replay') server.sendNow({ type: 'replay', id: frame.id, online: frame.user === 'bob' });
    if (frame.type === 'restore') server.sendNow({ type: 'restore', id: frame.id, outcomes: ['stored'] });
    if (frame.type === 'audit') server.sendNow({ type: 'audit', id: frame.id, entries: [] });
  };
  const message = { to: 'bob', from: 'alice', id: 'm1', body: '', at: 1 };
  const entry = { run: 'r', what: 'replay', filter: '', done: 1, left: 0 } as const;
  const answers = Promise.all([
    operator.queue({ what: 'mailboxes' }),
    operator.replay({ user: 'bob' }),
    operator.replay({ user: 'carol' }),
    operator.restore([message]),
    operator.audit(entry),
    operator.audit(),
  ]);
  await clock.settle();
  const [queues, ...rest] = await answers;
  assert.deepEqual([queues.mailboxes, ...rest], [[], true, false, ['stored'], [], []]);
});

test('list() reads all pages', async () => {
  const pages: Record<string, readonly string[]> = { '': ['bob', 'carol'], carol: ['dave'], dave: [] };
  server.onFrame = (frame) => {
    if (frame.type !== 'account') return;
    server.sendNow({ type: 'account', id: frame.id, users: (pages[frame.after ?? ''] ?? []).map(entry) });
  };
  const all = operator.list();
  await clock.settle();
  assert.deepEqual(await all, ['bob', 'carol', 'dave'].map(entry));
});

test('a request without an answer times out, and the connection stays open', async () => {
  const late = operator.accounts({ action: 'list' });
  late.catch(() => undefined);
  await server.take();
  await clock.advance(CLIENT.requestTimeoutMs);
  await assert.rejects(late, (error) => error instanceof OperatorLost && error.end.reason === 'timeout');
  const answer = operator.accounts({ action: 'list' });
  await server.take();
  await server.send({ type: 'account', id: 'r2', users: [] });
  assert.deepEqual(await answer, []);
});

test('when the connection ends, unanswered requests fail with its reason', async () => {
  server.welcome = undefined;
  const sent = operator.accounts({ action: 'list' });
  sent.catch(() => undefined);
  await clock.settle();
  await server.close('unauthorized');
  await assert.rejects(sent, (error) => error instanceof OperatorLost && error.end.reason === 'unauthorized');
  await assert.rejects(operator.accounts({ action: 'list' }), OperatorLost);
});

test('close() resolves when the connection is closed', async () => {
  await clock.settle();
  const unanswered = operator.accounts({ action: 'list' });
  unanswered.catch(() => undefined);
  const closed = operator.close();
  await clock.settle();
  await closed;
  await assert.rejects(unanswered, /closed/);
  assert.equal(server.net.cable.isOver, true);
  assert.equal(clock.timers, 0);
});

test('an idle connection is kept open with heartbeats (R13)', async () => {
  await clock.advance(WELCOME.heartbeatMs * 4);
  assert.equal(server.heartbeats, 4);
});
