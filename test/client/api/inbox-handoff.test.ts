/** The hand-over from the inbox to the message handler: what is durable before what. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InboxHandoff } from '../../../src/client/api/inbox-handoff.js';
import { Inbox, type SavedInbox } from '../../../src/client/inbox/inbox.js';
import { toReceivedId } from '../../../src/client/inbox/received-ids.js';
import { type ClientState, type ClientStateRecord, encodeRecord } from '../../../src/client/state/state-records.js';
import { StateReducer } from '../../../src/client/state/state-reducer.js';
import { type Deferred, deferred } from '../../harness/deferred.js';

const push = (seq: number) => ({
  type: 'message' as const,
  seq,
  id: `m${seq}`,
  from: 'bob',
  body: '',
  at: 1,
  attempt: 1,
});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

for (const maxBatch of [1, 256])
  test(`a message of a new epoch is shown when those before it are recorded as shown (batches of ${maxBatch}, R15)`, async () => {
    const unshown = [1, 2].map((seq) => ({ type: 'received' as const, epoch: 'e1', push: push(seq) }));
    const inbox = new Inbox({ epoch: 'e1', received: 2, unshown, ids: [] });
    inbox.welcome('e2', 0);
    inbox.push(push(1));
    const appends: { readonly record: ClientStateRecord; readonly done: Deferred<void> }[] = [];
    const state: ClientState = {
      saved: {
        outbox: 'outbox',
        queued: [],
        awaiting: [],
        gone: [],
        inbox: { epoch: 'e1', received: 2, unshown, ids: [] },
      },
      append(record) {
        const done = deferred<void>();
        appends.push({ record, done });
        return done.promise;
      },
      appendAll: (records) => Promise.all(records.map((record) => state.append(record))).then(() => undefined),
      close: async () => {},
    };
    const shown: string[] = [];
    const handoff = new InboxHandoff(inbox, state, {
      show: (messages) => void shown.push(...messages.map(({ epoch, seq }) => `${epoch} ${seq}`)),
      maxBatch: () => maxBatch,
      markShown: 'after',
      onShown: () => {},
      onFailed: (error) => assert.fail(String(error)),
    });
    handoff.run();
    assert.equal(appends[0]?.record.type, 'received');
    appends[0]?.done.resolve();
    await turn();
    // A program that was killed now and remembers only the newest (epoch, seq) would take e1 for a new epoch again.
    assert.deepEqual(shown, ['e1 1', 'e1 2']);
    for (const { record, done } of appends) if (record.type === 'shown') done.resolve();
    await turn();
    assert.deepEqual(shown, ['e1 1', 'e1 2', 'e2 1']);
  });

test('markShown: only: nothing is written before a message is shown, one note for a batch, and only then they can be acked (R12)', async () => {
  const unshown = [{ type: 'received' as const, epoch: 'e1', push: push(1) }];
  const saved: SavedInbox = { epoch: 'e1', received: 1, unshown, ids: [toReceivedId('e1', push(1))] };
  const inbox = new Inbox(saved);
  inbox.welcome('e1', 0);
  for (const seq of [1, 2, 3]) inbox.push(push(seq));
  const notes: { readonly records: readonly ClientStateRecord[]; readonly done: Deferred<void> }[] = [];
  const state: ClientState = {
    saved: { outbox: 'outbox', queued: [], awaiting: [], gone: [], inbox: saved },
    append: (record) => state.appendAll([record]),
    appendAll(records) {
      const done = deferred<void>();
      notes.push({ records, done });
      return done.promise;
    },
    close: async () => {},
  };
  const shown: number[] = [];
  const handoff = new InboxHandoff(inbox, state, {
    show: (messages) => {
      assert.equal(notes.length, shown.length === 0 ? 0 : 1);
      shown.push(...messages.map(({ seq }) => seq));
    },
    maxBatch: () => 256,
    markShown: 'only',
    onShown: () => {},
    onFailed: (error) => assert.fail(String(error)),
  });
  handoff.run();
  inbox.push(push(4));
  handoff.run();
  assert.deepEqual(shown, [1, 2, 3, 4], 'the next are shown while the first are being recorded');
  assert.equal(inbox.takeAck(), undefined);
  let isStopped = false;
  const stopped = handoff.stop().then(() => {
    isStopped = true;
  });
  notes[0]?.done.resolve();
  await turn();
  assert.deepEqual([inbox.takeAck(), isStopped, handoff.isIdle], [3, false, false]);
  notes[1]?.done.resolve();
  await stopped;
  assert.equal(inbox.takeAck(), 4);

  // The next process knows what was shown, as if the messages had been saved first.
  const reducer = new StateReducer('/state', 'alice', 'outbox');
  const written = notes.flatMap(({ records }) => records.map((one) => JSON.parse(`{${encodeRecord(one)}}`)));
  for (const record of [...unshown, ...written] as ClientStateRecord[]) reducer.apply(record);
  const ids = [1, 2, 3, 4].map((seq) => toReceivedId('e1', push(seq)));
  assert.deepEqual(reducer.saved().inbox, { epoch: 'e1', received: 4, unshown: [], ids });
});

test('a handler that says how many messages it takes next gets no more than that', () => {
  const inbox = new Inbox();
  inbox.welcome('e1', 0);
  for (let seq = 1; seq <= 5; seq++) inbox.push(push(seq));
  const batches: number[][] = [];
  const handoff = new InboxHandoff(inbox, undefined, {
    show: (messages) => void batches.push(messages.map(({ seq }) => seq)),
    maxBatch: () => batches.length + 1,
    markShown: 'after',
    onShown: () => {},
    onFailed: (error) => assert.fail(String(error)),
  });
  handoff.run();
  assert.deepEqual(batches, [[1], [2, 3], [4, 5]]);
});

test('a received message is written as JSON.stringify would write it, without what is only in memory', () => {
  const inbox = new Inbox({ epoch: 'e"1', received: 0, unshown: [], ids: [] });
  inbox.welcome('e"1', 0, 0, 2);
  const pushes = [
    { ...push(1), body: '\ud83d\udc4b "quoted" \\ \u0000\n' },
    { ...push(2), to: 'carol' },
    { ...push(3), purged: true },
    push(4),
  ];
  for (const one of pushes) inbox.push(one);
  const records = inbox.takeUnsaved().map((item) => JSON.parse(`{${encodeRecord(item)}}`) as object);
  const isHistory = { isHistory: true };
  assert.deepEqual(records, [
    { type: 'received', epoch: 'e"1', push: pushes[0], ...isHistory },
    { type: 'received', epoch: 'e"1', push: pushes[1], ...isHistory },
    { type: 'received', epoch: 'e"1', push: pushes[2] },
    { type: 'received', epoch: 'e"1', push: pushes[3] },
  ]);
});
