/** Devices of commands: names made of host names, and state folders. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { chatDevice, chatPlace, commandDevice } from '../../../src/cli/login/device.js';
import { isUserName } from '../../../src/protocol/fields.js';
import { WIRE } from '../../../src/protocol/limits.js';

test('the device of the chat is the short host name, in the alphabet of names', () => {
  const cases = {
    'thinkpad.home.example': 'thinkpad',
    ThinkPad: 'thinkpad',
    'Ann\u2019s MacBook Pro': 'ann-s-macbook-pro',
    _x: 'x',
    'my_host-2': 'my_host-2',
    '': 'main',
    '\u7b14\u8bb0\u672c': 'main',
    localhost: 'main',
    'localhost.localdomain': 'main',
    listen: 'main',
  };
  for (const [host, device] of Object.entries(cases)) assert.equal(chatDevice({}, host), device, host);
  const long = chatDevice({}, 'h'.repeat(200));
  assert.deepEqual([long.length, isUserName(long)], [WIRE.maxUserLength, true]);
  assert.ok(isUserName(chatDevice()), 'of this machine');
});

test('the profile names the device of the chat, for machines with the same host name', () => {
  assert.equal(chatDevice({ device: 'desktop' }, 'ubuntu'), 'desktop');
  assert.throws(
    () => chatDevice({ device: 'My Desk' }, 'ubuntu'),
    (error) => error instanceof Failure && error.exit === 'usage' && /^device in profile.json/.test(error.message),
  );
});

test('main, and the name of this machine, are the chat of this machine; others have a folder beside it', () => {
  const place = { device: 'thinkpad', stateFolder: '/state/bob' };
  const chat = { user: 'bob', ...place };
  assert.deepEqual(commandDevice('main', chat), { ...place, isChat: true });
  assert.deepEqual(commandDevice('thinkpad', chat), { ...place, isChat: true });
  assert.deepEqual(commandDevice('listen', chat), {
    device: 'listen',
    stateFolder: '/state/bob@listen',
    isChat: false,
  });
});

test('a name in the profile has the folder of the user, or the one that it had with --device before', async (t) => {
  const state = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(state, { recursive: true }));
  const folder = join(state, 'bob');
  await mkdir(`${folder}@desktop`);
  assert.deepEqual(await chatPlace({ device: 'tower' }, folder), { device: 'tower', stateFolder: folder });
  const place = await chatPlace({ device: 'desktop' }, folder);
  assert.deepEqual(place, { device: 'desktop', stateFolder: `${folder}@desktop` });
  assert.equal(commandDevice('listen', { user: 'bob', ...place }).stateFolder, `${folder}@listen`);
  assert.equal((await chatPlace({}, folder)).stateFolder, folder);
});
