/** The hand-over from the inbox to the message handler: what is durable before what. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Inbox } from '../../src/client/inbox.js';
import { InboxHandoff } from '../../src/client/inbox-handoff.js';
import type { ClientState, ClientStateRecord } from '../../src/client/state-records.js';
import { type Deferred, deferred } from '../harness/deferred.js';

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
      saved: { queued: [], awaiting: [], gone: [], inbox: { epoch: 'e1', received: 2, unshown, ids: [] } },
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
