/** Copies of what a user sends from one device, and history for a new one, over a real connection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Push } from '../../../src/protocol/frames/message.js';
import { drained, type LoggedInPeer } from '../peer.js';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { login, loginDrained } = suite();

const COPIES = { copies: true };

const contentOf = ({ id, from, to, body, purged, re }: Push) => [id, from, to, body, purged, ...(re ? [re] : [])];

test('what a user sends from one device, or in mode send, comes to the others as a copy', async () => {
  await (await loginDrained('carol')).leave();
  const laptop = await drained(await login('carol', 'chat', 'laptop', COPIES));
  const desktop = await drained(await login('carol', 'chat', 'desktop', COPIES));
  const listener = await drained(await login('carol', 'chat', 'listen'));
  const bob = await loginDrained('bob');
  const [first, second] = [freshId(), freshId()];
  laptop.send({ type: 'message', id: first, to: 'bob', body: 'from the laptop', re: 'q1' });
  await laptop.expect({ type: 'stored', ids: [first] });
  const script = await login('carol', 'send');
  script.send({ type: 'message', id: second, to: 'bob', body: 'from a script' });
  await script.expect({ type: 'stored', ids: [second] });
  const pushes = async (peer: LoggedInPeer) => [await peer.receivePush(), await peer.receivePush()];
  const onDesktop = await pushes(desktop);
  assert.deepEqual(onDesktop.map(contentOf), [
    [first, 'carol', 'bob', 'from the laptop', undefined, 'q1'],
    [second, 'carol', 'bob', 'from a script', undefined],
  ]);
  const last = onDesktop[1]?.seq ?? 0;
  assert.deepEqual((await pushes(laptop)).map(contentOf), [
    [first, 'carol', undefined, '', true],
    [second, 'carol', 'bob', 'from a script', undefined],
  ]);
  assert.deepEqual((await pushes(listener)).map(contentOf), [
    [first, 'carol', undefined, '', true],
    [second, 'carol', undefined, '', true],
  ]);
  for (const peer of [laptop, desktop, listener]) {
    peer.send({ type: 'ack', seq: last });
    await peer.expectNothing();
  }
  for (const id of [first, second]) {
    const push = await bob.receivePush();
    assert.deepEqual([push.id, push.to], [id, undefined]);
    bob.send({ type: 'ack', seq: push.seq });
    for (const peer of [laptop, desktop, listener]) await peer.expect({ type: 'delivered', to: 'bob', ids: [id] });
  }
});

test('a resend makes no second copy, and nobody is told that a copy was delivered', async () => {
  await (await loginDrained('carol')).leave();
  const laptop = await drained(await login('carol', 'chat', 'laptop', COPIES));
  const desktop = await drained(await login('carol', 'chat', 'desktop', COPIES));
  const id = freshId();
  const message = { type: 'message', id, to: 'bob', body: 'once' };
  laptop.send(message);
  await laptop.expect({ type: 'stored', ids: [id] });
  const copy = await desktop.receivePush();
  await laptop.receivePush();
  laptop.send(message);
  await laptop.expect({ type: 'stored', ids: [id], duplicates: [id] });
  await desktop.expectNothing();
  desktop.send({ type: 'ack', seq: copy.seq });
  await desktop.expectNothing();
  await laptop.expectNothing();
});

test('a new device that asks gets what is kept, and learns up to where it is history', async () => {
  await (await loginDrained('carol')).leave();
  const [bob, id] = [await login('bob', 'send'), freshId()];
  const laptop = await drained(await login('carol', 'chat', 'laptop'));
  bob.send({ type: 'message', id, to: 'carol', body: 'old' });
  const { seq } = await laptop.receivePush();
  laptop.send({ type: 'ack', seq });
  await bob.expect({ type: 'stored', ids: [id] }, { type: 'delivered', to: 'carol', ids: [id] });
  const name = `new-${id.slice(0, 8)}`;
  const fresh = await login('carol', 'chat', name, { history: true });
  assert.deepEqual([fresh.welcome.device, fresh.welcome.history], [name, seq]);
  let newest: Push | undefined;
  for (let left = fresh.welcome.pending; left > 0; left--) newest = await fresh.receivePush();
  assert.deepEqual([newest?.id, newest?.body, newest?.seq], [id, 'old', seq]);
  fresh.send({ type: 'ack', seq });
  await fresh.expectNothing();
  await fresh.leave();
  const last = { epoch: fresh.welcome.epoch, seq, from: 'bob', id };
  const again = await login('carol', 'chat', name, { history: true, last });
  assert.deepEqual([again.welcome.history, again.welcome.pending], [undefined, 0]);
});
