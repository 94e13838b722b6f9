/** The user's own editor, as a real process. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '../../../src/io/clock.js';
import { ExternalEditor } from '../../../src/tui/app/editor.js';
import { TUI } from '../../../src/tui/limits.js';
import { EN } from '../../../src/tui/texts/en.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'im-editor-'));
});
after(() => rm(folder, { recursive: true }));

/** An editor that is a shell script; `$1` is the file. */
async function editor(script: string, name = 'VISUAL'): Promise<ExternalEditor> {
  const path = join(folder, 'my editor');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o700);
  return new ExternalEditor({ [name]: `'${path}'` }, systemClock, EN.editor);
}

test('the editor gets the draft in a private file, which is deleted; the text that it saves is used', async () => {
  const copy = join(folder, 'copy');
  const script = `{ ls -l "$1"; ls -ld "$(dirname "$1")"; echo "$1"; cat "$1"; } > '${copy}'; printf 'one\\n\\ttwo 你好\\n' > "$1"; touch "$1.swp"`;
  const result = await (await editor(script, 'EDITOR')).edit('a draft\n');
  assert.deepEqual(result, { text: 'one\n\ttwo 你好', wasKilled: false });
  const [file = '', parent = '', path = '', ...draft] = (await readFile(copy, 'utf8')).split('\n');
  assert.match(file, /^-rw-------/);
  assert.match(parent, /^drwx------/);
  assert.deepEqual(draft, ['a draft', '', '']);
  await assert.rejects(readdir(dirname(path)), { code: 'ENOENT' });
});

test('a text that is not changed comes back as it was', async () => {
  for (const text of ['', 'one', 'one\n', '\n', 'a\n\nb'])
    assert.equal((await (await editor('true')).edit(text)).text, text, JSON.stringify(text));
});

test('an editor that fails, is killed or is missing changes nothing, and the reason is told', async () => {
  const problemOf = async (one: ExternalEditor) => {
    const { text, problem, wasKilled } = await one.edit('a draft');
    assert.equal(text, undefined);
    return { problem: problem ?? '', wasKilled };
  };
  const failed = await problemOf(await editor('echo new > "$1"; exit 3'));
  assert.deepEqual(failed, { problem: 'the draft is unchanged: the editor ended with 3', wasKilled: false });
  const killed = await problemOf(await editor('kill -KILL $$'));
  assert.deepEqual(killed, { problem: 'the draft is unchanged: the editor was ended by SIGKILL', wasKilled: true });
  const missing = await problemOf(new ExternalEditor({ EDITOR: 'no-such-editor --wait' }, systemClock, EN.editor));
  assert.deepEqual(missing, { problem: 'no editor no-such-editor --wait: set VISUAL or EDITOR', wasKilled: false });
  const gone = await problemOf(await editor('rm "$1"'));
  assert.match(gone.problem, /^no editor: ENOENT/);
});

test('a text that cannot be a message is kept, and where it is is told', async () => {
  for (const [script, why] of [
    [`printf 'caf\\351' > "$1"`, 'no UTF-8'],
    [`head -c ${TUI.maxComposerLength + 1} /dev/zero > "$1"`, 'too long'],
  ] as const) {
    const { text, problem = '' } = await (await editor(script)).edit('a draft');
    assert.equal(text, undefined);
    const [, reason, path = ''] = /^the draft is unchanged: (.*); the text is in (.*)$/.exec(problem) ?? [];
    assert.equal(reason, why);
    assert.ok((await readFile(path)).length > 3);
    await rm(dirname(path), { recursive: true });
  }
});

test('the end of the chat ends the editor, also one that ignores SIGTERM, and deletes the file', async () => {
  const paths = join(folder, 'path');
  const one = await editor(
    `echo "$1" > '${paths}.new'; mv '${paths}.new' '${paths}'; trap '' TERM; while :; do sleep 0.05; done`,
  );
  const result = one.edit('a draft');
  let path = '';
  while (path === '') path = (await readFile(paths, 'utf8').catch(() => '')).trim();
  await one.stop();
  assert.equal((await result).wasKilled, true);
  await assert.rejects(readdir(dirname(path)), { code: 'ENOENT' });
});
