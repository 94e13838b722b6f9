/** `read`, over a real connection: what one device of a user has read, the others learn. */
import { test } from 'node:test';
import { drained } from '../peer.js';
import { suite } from '../suite.js';

const { login, loginDrained } = suite();

test('what one device has read, the others learn, and nobody else', async () => {
  const bob = await loginDrained('bob');
  await (await loginDrained('carol')).leave();
  const laptop = await drained(await login('carol', 'chat', 'laptop'));
  const desktop = await drained(await login('carol', 'chat', 'desktop'));
  const script = await login('carol', 'send');
  const read = { type: 'read', from: 'bob', epoch: laptop.welcome.epoch, seq: 1 };
  laptop.send(read);
  await desktop.expect(read);
  for (const peer of [laptop, script, bob]) await peer.expectNothing();
  script.send(read);
  await script.expectClose(4503, 'protocol-violation');
});
