/** The real `im connect` in a pseudo-terminal, against a real `im serve`. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { connect } from '../../src/client/api/client.js';
import { serve, serveIn } from '../commands/server.js';
import { fileScope, PROGRAM, type Scope } from '../harness/process.js';
import { Pty, type PtyOptions } from './pty.js';

const server = await serve(fileScope());
for (const name of ['alice', 'bob', 'carol', 'dora', 'erik']) await server.im(['user', 'add', name, '--keep']);

const chat = (t: Scope, words: readonly string[], options: Partial<PtyOptions> = {}): Pty =>
  new Pty(t, ['connect', ...words], { env: server.env, ...options });

const CTRL_C = '\u0003';

async function quit(pty: Pty): Promise<void> {
  pty.type(CTRL_C);
  await pty.sees('again quits');
  pty.type(CTRL_C);
  assert.equal((await pty.ended).exitCode, 0);
}

test('two users talk, and both see the states of their messages', async (t) => {
  const alice = chat(t, ['alice', '--to', 'bob'], { columns: 100, rows: 30 });
  await alice.sees('online');
  alice.type('Are you there?\r');
  await alice.sees(/▎ Are you there\? .*✓ stored/);
  const bob = chat(t, ['bob']);
  await bob.sees(/▸ alice +1/);
  await bob.sees('▎ Are you there?');
  await alice.sees(/▎ Are you there\? .*✓✓ delivered/);
  bob.type('Yes. 你好 👩‍👩‍👧‍👦\r');
  await alice.sees('▎ Yes. 你好');
  await bob.sees(/▎ Yes\..*✓✓/);
  await quit(alice);
  await quit(bob);
});

test('messages written while the server is down are shown as queued, and arrive once', async (t) => {
  const first = await serve(t);
  for (const name of ['alice', 'bob']) await first.im(['user', 'add', name, '--keep']);
  const { env } = first;
  const alice = new Pty(t, ['connect', 'alice', '--to', 'bob'], { env });
  await alice.sees('online');
  first.process.child.kill('SIGKILL');
  await first.process.finished;
  await alice.sees(/offline: .*next try in \d+ s/);
  alice.type('one\rtwo\r');
  await alice.sees(/▎ one .*…/);
  await alice.sees(/▎ two .*… queued/);
  await alice.sees(/2 queued/);
  await quit(alice);
  // Also over a restart and a kill of the client.
  const again = new Pty(t, ['connect', 'alice'], { env });
  await again.sees(/▎ two .*… queued/);
  again.type('a draft');
  await again.sees('› a draft');
  await again.sees(/2 queued/);
  again.kill('SIGKILL');
  await again.ended;
  const port = new URL(first.url).port;
  const second = await serveIn(t, env, '--port', port);
  const third = new Pty(t, ['connect', 'alice'], { env });
  await third.sees('› a draft');
  await third.sees(/▎ two .*✓ stored/);
  const { stdout } = await second.im(['listen', '--as', 'bob', '--count', '2']);
  assert.equal(stdout, 'alice: one\nalice: two\n');
  await third.sees(/▎ two .*✓✓ delivered/);
  await quit(third);
});

test('a paste of 200 lines waits for Enter, and is one message', async (t) => {
  const alice = chat(t, ['alice', '--to', 'carol']);
  await alice.sees('Write to carol');
  const lines = Array.from({ length: 200 }, (_, line) => `line ${line}`);
  alice.type(`\u001b[200~${lines.join('\r')}\u001b[201~`);
  await alice.sees(/↑ line 195[\s\S]*line 199/);
  alice.type('\r');
  await alice.sees(/▏ line 199 .*stored/);
  const { stdout } = await server.im(['listen', '--as', 'carol', '--count', '1', '--json']);
  assert.equal(JSON.parse(stdout).body, lines.join('\n'));
  await quit(alice);
});

test('screen and cursor are right after each resize, with wide and joined characters', async (t) => {
  const alice = chat(t, ['alice', '--to', 'bob']);
  await alice.sees('Write to bob');
  const sizes = [
    [100, 30],
    [59, 20],
    [40, 10],
    [10, 3],
    [80, 24],
  ] as const;
  for (const [columns, rows] of sizes) {
    alice.resize(columns, rows);
    alice.type('中文👩‍👩‍👧‍👦');
    await alice.sees(
      (text) => text.split('\n').length === rows && /中文/.test(text) && alice.emulator.cursor.y === rows - 2,
    );
  }
  await alice.sees((text) => text.includes('online') && (text.match(/中/g) ?? []).length === sizes.length);
  // Six columns for each: this terminal draws the family wider, but the cursor is positioned explicitly.
  const { x } = alice.emulator.cursor;
  assert.equal(x, 19 + 2 + 2 + sizes.length * 6);
  alice.type('\u0015');
  await quit(alice);
});

describe('restoring the terminal', () => {
  for (const [signal, expected] of [
    ['SIGTERM', { exitCode: EXIT_CODES.terminated.code, signal: 0 }],
    ['SIGINT', { exitCode: EXIT_CODES.interrupted.code, signal: 0 }],
    ['SIGHUP', { exitCode: 0, signal: 1 }],
  ] as const) {
    test(`the terminal is restored after ${signal}`, async (t) => {
      const dora = chat(t, ['dora', '--mouse', '--title']);
      await dora.sees('online');
      assert.equal(dora.emulator.isAlternate, true);
      assert.equal(dora.emulator.terminal.modes.mouseTrackingMode, 'vt200');
      assert.match(dora.raw, /\u001b\[22;2t[\s\S]*\u001b\]2;dora - im\u0007/);
      dora.kill(signal);
      assert.deepEqual(await dora.ended, expected);
      assert.equal(dora.emulator.isAlternate, false);
      assert.equal(dora.emulator.terminal.modes.mouseTrackingMode, 'none');
      assert.match(dora.raw, /\u001b\[\?2004l[\s\S]*\u001b\[\?25h[\s\S]*\u001b\[23;2t/);
    });
  }

  test('the terminal is restored while the process is stopped, and entered again by fg', async (t) => {
    const env = { ...server.env, PS1: '$ ', ENV: '' };
    const shell = new Pty(t, ['-i'], { env, program: '/bin/sh' });
    await shell.sees('$');
    shell.type(`${process.execPath} ${PROGRAM} connect dora\r`);
    await shell.sees('online');
    shell.type('draft\u001a');
    await shell.sees((text) => !shell.emulator.isAlternate && /\$ *$/.test(text.trimEnd()));
    shell.type('fg\r');
    await shell.sees((text) => shell.emulator.isAlternate && text.includes('› draft'));
    shell.type(`\u0015${CTRL_C}${CTRL_C}`);
    await shell.sees(() => !shell.emulator.isAlternate);
    shell.type('exit\r');
    await shell.ended;
  });
});

test('an editor has the terminal to itself, and the screen has it back, also from one that was killed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-editor-'));
  t.after(() => rm(folder, { recursive: true }));
  const editor = join(folder, 'editor');
  const script = `#!/bin/sh
    case "$(cat "$1")" in
      kill) stty raw -echo; printf '\\033[?1049h\\033[?1003h'; kill -KILL $$ ;;
      term) stty raw -echo; kill -TERM $PPID; exec sleep 100 ;;
      *) printf 'editor:'; kill -INT $PPID; read -r line; printf '%s' "$line" > "$1" ;;
    esac`;
  await writeFile(editor, script, { mode: 0o700 });
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const line = `'${process.execPath}' '${PROGRAM}' connect erik --to bob; echo "code $?"; stty -a; read -r end`;
  const env = { ...server.env, EDITOR: editor, VISUAL: '', TMPDIR: temporary };
  const erik = new Pty(t, ['-c', line], { env, program: '/bin/sh' });
  await erik.sees('online');
  erik.type('draft\u0018\u0005');
  await erik.sees((text) => !erik.emulator.isAlternate && text.includes('editor:'));
  erik.type('from the editor\r');
  await erik.sees((text) => erik.emulator.isAlternate && text.includes('› from the editor'));
  erik.type('\u0015kill\u0018\u0005');
  await erik.sees(/› kill\n.*ended by SIGKILL/);
  assert.equal(erik.emulator.terminal.modes.mouseTrackingMode, 'none');
  erik.type('\u0015term\u0018\u0005');
  await erik.sees(/code 143[\s\S]* icanon/);
  assert.equal(erik.emulator.isAlternate, false);
  assert.deepEqual(await readdir(temporary), []);
  erik.type('\r');
  await erik.ended;
});

test('a terminal that is closed ends it; the draft is kept', async (t) => {
  const first = chat(t, ['dora', '--to', 'carol']);
  await first.sees('online');
  first.type('half a mess');
  await first.sees('› half a mess');
  first.hangUp();
  assert.deepEqual(await first.ended, { exitCode: 0, signal: 1 });
  const second = chat(t, ['dora']);
  await second.sees('› half a mess');
  await second.sees('online');
  second.type('\u0015');
  await quit(second);
});

test('line mode does not send what was being typed when its terminal was closed', async (t) => {
  const erik = chat(t, ['erik', '--plain', '--to', 'erik']);
  await erik.sees('online');
  erik.type('half a mess');
  await erik.sees('half a mess');
  erik.hangUp();
  await erik.ended;
  assert.equal((await server.im(['inspect-queue', 'erik', '--json'])).stdout, '');
});

test('while hundreds of messages arrive, every key is drawn, and the typed message is sent', async (t) => {
  const token = (await server.im(['user', 'add', 'erin'])).stdout.trim();
  const erin = connect({ url: server.url, user: 'erin', token, mode: 'send' });
  t.after(() => erin.close());
  const alice = chat(t, ['alice', '--to', 'erin'], { columns: 100, rows: 30 });
  await alice.sees('online');
  const text = 'typed while they arrive';
  for (let key = 1; key <= text.length; key++) {
    for (let count = 1; count <= 100; count++) erin.send('alice', `flood ${key}.${count}`);
    alice.type(text.charAt(key - 1));
    await alice.sees(`› ${text.slice(0, key).trimEnd()}`);
  }
  await alice.sees(`▎ flood ${text.length}.100`);
  alice.type('\r');
  await alice.sees(/▎ typed while they arrive .*✓/);
  await quit(alice);
});

test('a second connect takes over: the first ends with 7, drafts and queue are in the second', async (t) => {
  const first = chat(t, ['dora', '--to', 'carol']);
  await first.sees('online');
  first.type('a draft');
  await first.sees('› a draft');
  const second = chat(t, ['dora']);
  await first.sees(/dora was logged out here: a newer[\s\S]*› a draft/);
  first.type('rm -rf x\r');
  await first.sees('Enter or Esc closes');
  first.type('\r');
  assert.equal((await first.ended).exitCode, EXIT_CODES.replaced.code);
  assert.match(first.raw, /\u001b\[\?1049l[\s\S]*a newer login/); // the bytes: the emulator may still be reading them
  assert.doesNotMatch(first.raw, /rm -rf/);
  await second.sees('› a draft');
  await second.sees('online');
  await second.sees((text) => !text.includes('taking over'));
  second.type('\r');
  await second.sees(/▎ a draft .*✓/);
  await quit(second);
});

test('of two clients started at the same time one wins; the other ends with 7', async (t) => {
  const both = [chat(t, ['dora', '--to', 'bob']), chat(t, ['dora', '--to', 'bob'])];
  const first = await Promise.race(both.map(async (pty) => ({ pty, end: await pty.isReplaced() })));
  assert.equal(first.end.exitCode, EXIT_CODES.replaced.code);
  const [winner] = both.filter((pty) => pty !== first.pty) as [Pty];
  await winner.sees('online');
  await winner.sees((text) => !text.includes('taking over'));
  winner.type('who won?\r');
  await winner.sees(/▎ who won\? .*✓/);
  await quit(winner);
});

test('/plain switches to line mode in the same session', async (t) => {
  const alice = chat(t, ['alice', '--to', 'bob']);
  await alice.sees('online');
  alice.type('/plain\r');
  await alice.sees('line mode; /help says how'); // the terminal is back in line mode: typed text is a line
  assert.equal(alice.emulator.isAlternate, false);
  alice.type('hello\r');
  await alice.sees(/stored \d+ for bob/);
  alice.type('/quit\r');
  assert.equal((await alice.ended).exitCode, 0);
});

test('in line mode on a terminal, new messages are printed above the line being typed', async (t) => {
  await server.im(['user', 'add', 'emil', '--keep']);
  const alice = chat(t, ['alice', '--plain', '--to', 'emil'], { columns: 60, rows: 12 });
  await alice.sees('online as alice');
  assert.doesNotMatch(alice.raw, /\u001b\[/, 'no escape sequences while nothing is typed');
  alice.type('half a li');
  await alice.sees('half a li');
  await server.im(['send', 'alice', 'interrupt', '--as', 'emil']);
  await alice.sees(/^emil: interrupt\nhalf a li\n/m);
  // Also if the line takes several rows.
  alice.type(`ne ${'你好 '.repeat(15)}`);
  await alice.sees(/half a line 你好.*\n.*你好/);
  await server.im(['send', 'alice', 'once more', '--as', 'emil']);
  await alice.sees(/^emil: interrupt\nemil: once more\nhalf a line 你好.*\n.*你好 *\n\s*$/m);
  alice.type('end\r');
  await alice.sees(/^stored \d+ for emil$/m);
  alice.type('/quit\r');
  assert.equal((await alice.ended).exitCode, 0);
  const { stdout } = await server.im(['listen', '--as', 'emil', '--count', '1', '--json']);
  assert.match(stdout, /half a line (你好 ){15}end/);
});

test('line mode with --plain and NO_COLOR, or TERM=dumb, writes no escape byte', async (t) => {
  for (const [words, env] of [
    [['alice', '--plain'], {}],
    [['alice'], { TERM: 'dumb' }],
  ] as const) {
    const alice = chat(t, words, { env: { ...server.env, NO_COLOR: '1', ...env } });
    await alice.sees('online as alice');
    alice.type('/quit\r');
    assert.equal((await alice.ended).exitCode, 0);
    assert.doesNotMatch(alice.raw, /\u001b/);
  }
});

test('NO_COLOR opens a screen without colors', async (t) => {
  const alice = chat(t, ['alice', '--to', 'bob'], { env: { ...server.env, NO_COLOR: '1' } });
  await alice.sees('online');
  assert.match(alice.emulator.text(), /▸ bob/);
  assert.doesNotMatch(alice.raw, /\u001b\[[\d;]*[1-9][\d;]*m/);
  await quit(alice);
});

test('reports of the terminal are not typed into the composer', async (t) => {
  const alice = chat(t, ['alice', '--to', 'bob']);
  await alice.sees('online');
  alice.type('a\u001b[?62;22c\u001b]11;rgb:1e1e/1e1e/2e2e\u001b\\b\u001b[24;80R');
  await alice.sees('› ab');
  alice.type('\u0015');
  await quit(alice);
});

test('a hostile message changes no cell outside of the messages (R18)', async (t) => {
  const alice = chat(t, ['alice', '--to', 'carol'], { columns: 80, rows: 24 });
  await alice.sees('online');
  await server.im(['send', 'alice', 'all is calm', '--as', 'carol']);
  await alice.sees(/▸ carol +1[\s\S]*▎ all is calm/);
  const calm = alice.emulator.rows();
  const evil = '\u001b[2J\u001b[1;1HGONE\u001b]0;title\u0007\u009b31m\u202e\r\b\u0301\u0301👩‍👩‍👧‍👦'.repeat(20);
  const sent = await server.im(['send', 'alice', '--as', 'carol', '--stdin', 'all'], { input: evil });
  assert.equal(sent.code, 0, sent.stderr);
  await alice.sees('GONE');
  const rows = alice.emulator.rows();
  for (const y of [0, 22, 23]) assert.equal(rows[y]?.slice(0, 19), calm[y]?.slice(0, 19));
  for (let y = 2; y < 22; y++) assert.equal(rows[y]?.slice(0, 20), calm[y]?.slice(0, 20), `row ${y}`);
  assert.doesNotMatch(alice.raw, /\u001b\]0;/);
  await quit(alice);
});

test('keys of the settings work, and what is wrong with them is said before anything is drawn', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-keys-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'im'));
  const env = { ...server.env, XDG_CONFIG_HOME: folder };
  const write = (keys: object) => writeFile(join(folder, 'im/profile.json'), JSON.stringify({ keys }));
  const start = () => chat(t, ['erik', '--data', server.data], { env });
  for (const [keys, problem] of [
    [{ search: 'ctrl+n' }, /ctrl\+n is the key of next and of search/],
    [{ serach: 'f5' }, /there is no action serach\W+did you mean search/],
    [{ search: '\u001b[2Jx' }, /is not the name of a key/],
  ] as const) {
    await write(keys);
    const refused = start();
    await refused.sees(problem);
    assert.equal((await refused.ended).exitCode, EXIT_CODES.usage.code);
    assert.ok(!refused.raw.includes('\u001b[?1049h'));
  }
  await write({ search: 'f5' });
  const pty = start();
  await pty.sees('online');
  pty.type('\u001b[15~');
  await pty.sees('Search all conversations');
  pty.type('\u001b');
  await quit(pty);
});

test('/set takes effect at once and stays, and says what needs a new start', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-set-'));
  t.after(() => rm(folder, { recursive: true }));
  const env = { ...server.env, XDG_CONFIG_HOME: folder, IM_CONNECT_NOTIFY: 'off' };
  const pty = chat(t, ['dora', '--theme', 'dark', '--data', server.data], { env, columns: 120 });
  await pty.sees('online');
  pty.type('/set theme light\r');
  await pty.sees('theme is light');
  pty.type('/set keys.search f5\r');
  await pty.sees('keys.search is f5');
  pty.type('\u001b[15~');
  await pty.sees('Search all conversations');
  pty.type('\u001b[15~');
  pty.type('/set ascii on\r');
  await pty.sees('ascii is true from the next im connect on');
  pty.type('/set notify on\r');
  await pty.sees('notify is kept, but IM_CONNECT_NOTIFY overrules it at the next start');
  pty.type('/set keys.help f5\r');
  await pty.sees('f5 is the key of search and of help');
  pty.type('\u0015/set thme dark\r');
  await pty.sees('did you mean theme?');
  assert.deepEqual(JSON.parse(await readFile(join(folder, 'im/profile.json'), 'utf8')), {
    theme: 'light',
    keys: { search: 'f5' },
    ascii: true,
    notify: 'bell',
  });
  pty.type('\u0015/set theme default\r');
  await pty.sees('theme is auto');
  pty.type('/set\r');
  await pty.sees(/Settings\n[\s\S]* {2}ascii +true/);
  pty.type('\u001b');
  await quit(pty);
});

test('with a Chinese locale the screen is Chinese, and so are line mode after it and the note at the end; --lang comes first', async (t) => {
  const env = { ...server.env, LANG: 'zh_CN.UTF-8' };
  const alice = chat(t, ['alice', '--to', 'bob'], { env, columns: 100, rows: 30 });
  await alice.sees('在线');
  alice.type('你好\r');
  await alice.sees(/▎ 你好 .*已(存储|送达)/);
  alice.type('/nonsense\r');
  await alice.sees('没有命令 /nonsense（Ctrl+U 清空）');
  alice.type('\u0015');
  alice.type('\u001bOP');
  await alice.sees('/to 用户名');
  alice.type('\u001b');
  await alice.sees('发给 bob');
  alice.type('/set lang\r');
  await alice.sees('lang 设为 auto（默认），可选 auto、en、zh-CN');
  alice.type('/plain\r');
  await alice.sees('行模式；/help 说明如何发消息');
  alice.type('再见\r');
  await alice.sees(/已存储 1，发给 bob|已送达 1，发给 bob/);
  alice.type('/quit\r');
  assert.equal((await alice.ended).exitCode, 0);
  const inEnglish = chat(t, ['alice', '--to', 'bob', '--lang', 'en'], { env });
  await inEnglish.sees('Write to bob');
  await quit(inEnglish);
  const listed = await server.im(['inspect-queue', 'nobody'], { env: { LANG: 'zh_CN.UTF-8' } });
  assert.doesNotMatch(listed.stderr + listed.stdout, /\p{Script=Han}/u);
});
