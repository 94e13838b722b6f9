/** `devices`, over a real connection: a user lists and removes the own devices, an operator those of any user. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DevicesReply } from '../../../src/protocol/frames/devices.js';
import { drained, type Peer } from '../peer.js';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { login, loginDrained } = suite();

async function ask(peer: Peer, fields: object = {}): Promise<DevicesReply['devices']> {
  const id = freshId();
  peer.send({ type: 'devices', id, ...fields });
  const reply = (await peer.receive()) as unknown as DevicesReply;
  assert.deepEqual([reply.type, reply.id], ['devices', id], JSON.stringify(reply));
  return reply.devices;
}

const namesOf = (devices: DevicesReply['devices']) =>
  devices.map(({ device, behind, online }) => [device, behind, online]);

test('a user lists the own devices, and removes one, whose session ends for good', async () => {
  await (await loginDrained('carol')).leave();
  const phone = await drained(await login('carol', 'chat', 'phone'));
  const script = await login('carol', 'send');
  const [bob, id] = [await login('bob', 'send'), freshId()];
  bob.send({ type: 'message', id, to: 'carol', body: 'hi' });
  const { seq } = await phone.receivePush();
  assert.deepEqual(
    namesOf(await ask(script)).find(([device]) => device === 'phone'),
    ['phone', 1, true],
  );
  phone.send({ type: 'ack', seq });
  await phone.expectNothing();
  const left = await ask(script, { remove: 'phone' });
  assert.equal(
    namesOf(left).some(([device]) => device === 'phone'),
    false,
  );
  await phone.expectClose(4507, 'device-removed');
  const request = freshId();
  script.send({ type: 'devices', id: request, remove: 'phone' });
  await script.expect({ type: 'error', code: 'invalid', retry: false, id: request, field: 'remove' });
});

test('the devices of others are for operators', async () => {
  await (await loginDrained('carol')).leave();
  await login('carol', 'chat', 'tablet');
  const [bob, operator, id] = [await loginDrained('bob'), await login('operator', 'operate'), freshId()];
  bob.send({ type: 'devices', id, user: 'carol' });
  await bob.expect({ type: 'error', code: 'forbidden', retry: false, id });
  assert.ok(namesOf(await ask(operator, { user: 'carol' })).some(([device]) => device === 'tablet'));
  operator.send({ type: 'devices', id, user: 'nobody' });
  await operator.expect({ type: 'error', code: 'unknown-user', retry: false, id, to: 'nobody' });
});
