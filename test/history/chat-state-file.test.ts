/** How the user left the desk. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ChatStateFile } from '../../src/history/chat-state-file.js';
import { realFiles } from '../../src/io/files.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'im-desk-'));
});
afterEach(() => rm(folder, { recursive: true }));

const chatState = () => new ChatStateFile(realFiles, join(folder, 'chat/desk.json'));

test('the desk is as it was left', async () => {
  assert.deepEqual(await chatState().load(), { recent: [], drafts: [] });
  const left = { peer: 'bob', recent: ['bob', 'carol'], drafts: [{ to: 'carol', text: 'Hi\n你好' }] };
  await chatState().save(left);
  assert.deepEqual(await chatState().load(), left);
});

test('of many that come while one is written, the newest is kept', async () => {
  const file = chatState();
  const saves = Array.from({ length: 50 }, (_, count) =>
    file.save({ recent: [], drafts: [{ to: 'bob', text: `${count}` }] }),
  );
  await Promise.all(saves);
  assert.deepEqual((await chatState().load()).drafts, [{ to: 'bob', text: '49' }]);
});

test('a damaged desk is kept aside, and nothing else is lost', async () => {
  await chatState().save({ recent: ['bob'], drafts: [] });
  const path = join(folder, 'chat/desk.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace('bob', 'rob'));
  assert.deepEqual(await chatState().load(), { recent: [], drafts: [] });
  assert.deepEqual(await readdir(join(folder, 'chat')), ['desk.json.broken']);
});
