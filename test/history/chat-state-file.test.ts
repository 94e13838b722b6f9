/** The chat state file: saved, loaded, and replaced when it is damaged. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ChatStateFile } from '../../src/history/chat-state-file.js';
import { realFiles } from '../../src/io/files.js';
import { fastTmpdir } from '../harness/fast-disk.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(fastTmpdir(), 'im-chat-state-'));
});
afterEach(() => rm(folder, { recursive: true }));

const openFile = () => new ChatStateFile(realFiles, join(folder, 'chat/desk.json'));

const EMPTY = { recent: [], drafts: [], closed: [], muted: [] };

test('the state that was saved last is loaded', async () => {
  assert.deepEqual(await openFile().load(), EMPTY);
  const state = {
    peer: 'bob',
    recent: ['bob', 'carol'],
    drafts: [{ to: 'carol', text: 'Hi\n你好' }],
    closed: ['carol'],
    muted: ['bob'],
  };
  await openFile().save(state);
  assert.deepEqual(await openFile().load(), state);
});

test('of many saves during one write, the newest state is on disk in the end', async () => {
  const file = openFile();
  const saves = Array.from({ length: 50 }, (_, count) =>
    file.save({ ...EMPTY, drafts: [{ to: 'bob', text: `${count}` }] }),
  );
  await Promise.all(saves);
  assert.deepEqual((await openFile().load()).drafts, [{ to: 'bob', text: '49' }]);
});

test('a damaged state file is renamed, and the state is empty', async () => {
  await openFile().save({ ...EMPTY, recent: ['bob'] });
  const path = join(folder, 'chat/desk.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace('bob', 'rob'));
  assert.deepEqual(await openFile().load(), EMPTY);
  assert.deepEqual(await readdir(join(folder, 'chat')), ['desk.json.broken']);
});
