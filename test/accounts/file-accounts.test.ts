/** Accounts in a data folder: what the next start finds, also after a crash at any step. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import type { AccountRecord, TokenRecord } from '../../src/accounts/account-table.js';
import { type Accounts, OPERATOR } from '../../src/accounts/accounts.js';
import { createToken, hashToken } from '../../src/accounts/credentials.js';
import { findExposed, openAccounts, readAccounts, readTokens } from '../../src/accounts/file-accounts.js';
import { operatorTokenPath, readOperatorToken } from '../../src/accounts/operator-token.js';
import { readJsonFile, writeJsonFile } from '../../src/disk/json-file.js';
import { type Files, realFiles } from '../../src/io/files.js';
import { WIRE } from '../../src/protocol/limits.js';
import { accountsContract } from '../contract/accounts.js';
import { createFakeClock } from '../harness/fake-clock.js';
import { fastTmpdir } from '../harness/fast-disk.js';

const clock = createFakeClock();
const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

/** The path of a data folder that does not exist yet. */
async function newFolder(): Promise<string> {
  const parent = await mkdtemp(join(fastTmpdir(), 'im-accounts-'));
  folders.push(parent);
  return join(parent, 'data');
}

const open = (folder: string, files?: Files): Promise<Accounts> =>
  openAccounts({ folder, clock, ...(files && { files }) });

accountsContract('in a folder', async () => open(await newFolder()));
accountsContract('in a folder, opened again after each change', async () => reopening(await newFolder()));

/** Accounts that are opened again after each change. */
async function reopening(folder: string): Promise<Accounts> {
  let accounts = await open(folder);
  const listeners: ((users: readonly string[]) => void)[] = [];
  const reopen = async <T>(change: Promise<T>): Promise<T> => {
    const result = await change;
    accounts = await open(folder);
    for (const listener of listeners) accounts.onRevoked(listener);
    return result;
  };
  return {
    verify: (user, token, at) => accounts.verify(user, token, at),
    identify: (token, at) => accounts.identify(token, at),
    isCurrent: (identity) => accounts.isCurrent(identity),
    mayExist: (user) => accounts.mayExist(user),
    maySend: (from, to) => accounts.maySend(from, to),
    find: (users) => accounts.find(users),
    list: (after, limit) => accounts.list(after, limit),
    add: (users, role, at) => reopen(accounts.add(users, role, at)),
    remove: (users) => reopen(accounts.remove(users)),
    rotate: (users, at) => reopen(accounts.rotate(users, at)),
    tokens: (user) => accounts.tokens(user),
    addToken: (user, name, at) => reopen(accounts.addToken(user, name, at)),
    revokeToken: (user, name) => reopen(accounts.revokeToken(user, name)),
    saveUses: () => reopen(accounts.saveUses()),
    senders: (user) => accounts.senders(user),
    changeSenders: (user, change) => reopen(accounts.changeSenders(user, change)),
    onRevoked(listener) {
      listeners.push(listener);
      accounts.onRevoked(listener);
    },
  };
}

describe('the first start', () => {
  test('creates a private folder, with an operator whose token is in a private file', async () => {
    const folder = await newFolder();
    const accounts = await open(folder);
    assert.deepEqual(await accounts.list('', 9), [{ user: OPERATOR, role: 'operator', at: clock.now() }]);
    assert.ok(await isOperator(accounts, await readOperatorToken(folder)));
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    for (const name of ['users.json', 'operator.token']) {
      assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
    }
    assert.deepEqual(await findExposed(folder), []);
  });

  test('is the only one that creates a token: the next one keeps it', async () => {
    const folder = await newFolder();
    await open(folder);
    const token = await readOperatorToken(folder);
    const bytes = await readFile(join(folder, 'users.json'));
    assert.ok(await isOperator(await open(folder), token));
    assert.equal(await readOperatorToken(folder), token);
    assert.deepEqual(await readFile(join(folder, 'users.json')), bytes);
  });

  test('writes no token to users.json', async () => {
    const folder = await newFolder();
    const accounts = await open(folder);
    const [alice] = await accounts.add(['alice'], 'user', 1);
    const users = await readFile(join(folder, 'users.json'), 'utf8');
    for (const token of [alice?.token, await readOperatorToken(folder)]) assert.ok(token && !users.includes(token));
  });
});

describe('the operator', () => {
  test('gets a new token when the file is removed, and the old one is invalid', async () => {
    const folder = await newFolder();
    await open(folder);
    const old = await readOperatorToken(folder);
    await rm(operatorTokenPath(folder));
    const accounts = await open(folder);
    assert.ok(await isOperator(accounts, await readOperatorToken(folder)));
    assert.ok(!(await isOperator(accounts, old)));
  });

  test('is rotated in the file too, and the old token stays invalid after a restart', async () => {
    const folder = await newFolder();
    const accounts = await open(folder);
    const old = await readOperatorToken(folder);
    const [rotated] = await accounts.rotate([OPERATOR], 9);
    assert.equal(await readOperatorToken(folder), rotated?.token);
    const later = await open(folder);
    assert.ok(!(await isOperator(later, old)));
    assert.ok(await isOperator(later, rotated?.token ?? ''));
  });

  test('exists again after its removal and a restart, with another token', async () => {
    const folder = await newFolder();
    const accounts = await open(folder);
    const old = await readOperatorToken(folder);
    await accounts.remove([OPERATOR]);
    await assert.rejects(readOperatorToken(folder), { reason: 'missing' });
    const later = await open(folder);
    assert.ok(!(await isOperator(later, old)));
    assert.ok(await isOperator(later, await readOperatorToken(folder)));
  });

  test('has a valid token in a file without a final newline', async () => {
    const folder = await newFolder();
    await open(folder);
    const token = await readOperatorToken(folder);
    await writeFile(operatorTokenPath(folder), token);
    assert.equal(await readOperatorToken(folder), token);
  });

  for (const [what, content] of [
    ['nothing', ''],
    ['a word', 'im_short'],
    ['two tokens', `${createToken()}\n${createToken()}\n`],
    ['bytes', '\xff\xfe'],
  ] as const) {
    test(`has no valid token in a file with ${what}, which is not overwritten`, async () => {
      const folder = await newFolder();
      await open(folder);
      await writeFile(operatorTokenPath(folder), content);
      await assert.rejects(open(folder), { reason: 'malformed' });
      await assert.rejects(readOperatorToken(folder), { reason: 'malformed' });
      assert.equal(await readFile(operatorTokenPath(folder), 'utf8'), content);
    });
  }

  test('has no valid token in a file that other users can read', async () => {
    const folder = await newFolder();
    await open(folder);
    for (const mode of [0o640, 0o604, 0o622]) {
      await chmod(operatorTokenPath(folder), mode);
      await assert.rejects(readOperatorToken(folder), { reason: 'not-private' }, mode.toString(8));
      assert.deepEqual(await findExposed(folder), [operatorTokenPath(folder)]);
    }
  });

  test('has no token where no server has started', async () => {
    await assert.rejects(readOperatorToken(await newFolder()), { reason: 'missing' });
  });
});

describe('readers', () => {
  test('list the users', async () => {
    const folder = await newFolder();
    const accounts = await open(folder);
    await accounts.add(['bob', 'alice'], 'user', 1);
    assert.deepEqual(
      (await readAccounts(folder)).map(({ user }) => user),
      ['alice', 'bob', OPERATOR],
    );
  });

  test('fail where no data folder is, and create nothing', async () => {
    const folder = await newFolder();
    await assert.rejects(readAccounts(folder), { name: 'FileMissing' });
    await assert.rejects(stat(folder), { code: 'ENOENT' });
  });
});

test('every changed byte of users.json is detected, and the file is left as it is', async (t) => {
  const folder = await newFolder();
  await open(folder);
  const path = join(folder, 'users.json');
  const bytes = await readFile(path);
  for (const [at, byte] of bytes.entries()) {
    const changed = Buffer.from(bytes);
    changed[at] = byte ^ 1;
    await writeFile(path, changed);
    await assert.rejects(open(folder), (error: Error) => ['Damaged', 'NewerFormat'].includes(error.name), `byte ${at}`);
    assert.deepEqual(await readFile(path), changed);
  }
  t.diagnostic(`${bytes.length} bytes`);
});

describe('who may write, in users.json', () => {
  const path = (folder: string) => ({ files: realFiles, path: join(folder, 'users.json'), format: 2 });
  interface Document {
    readonly users: readonly Readonly<Record<string, unknown>>[];
  }

  test('takes no place for users without rules: a file from before is written as it was', async () => {
    const folder = await newFolder();
    const accounts = await open(folder);
    await accounts.add(['alice', 'bob'], 'user', 1);
    const bytes = await readFile(join(folder, 'users.json'));
    await accounts.changeSenders('alice', { action: 'block', names: ['bob'] });
    assert.notDeepEqual(await readFile(join(folder, 'users.json')), bytes);
    await accounts.changeSenders('alice', { action: 'unblock', names: ['bob'] });
    assert.deepEqual(await readFile(join(folder, 'users.json')), bytes);
  });

  for (const [what, senders] of [
    ['no list', {}],
    ['a word', 'bob'],
    ['a name that is none', { blocked: ['Bob'] }],
    ['an allowed number', { blocked: [], allowed: [7] }],
    ['too many names', { blocked: Array(WIRE.maxSendersPerFrame + 1).fill('bob') }],
  ] as const) {
    test(`is damaged with ${what}: that would admit the wrong ones`, async () => {
      const folder = await newFolder();
      await (await open(folder)).add(['alice'], 'user', 1);
      const document = await readJsonFile<Document>(path(folder));
      const users = document.users.map((user) => ({ ...user, ...(user.user === 'alice' && { senders }) }));
      await writeJsonFile(path(folder), { ...document, users });
      await assert.rejects(open(folder), /the entry of "alice" has no list of senders/);
    });
  }
});

/** The real files, with a list of their changes, such as `sync operator.token.tmp`. */
function loggingFiles(): { files: Files; done: string[] } {
  const done: string[] = [];
  const note = <T>(what: string, path: string, result: Promise<T>): Promise<T> =>
    result.finally(() => done.push(`${what} ${basename(path)}`));
  const files: Files = {
    ...realFiles,
    async append(path, options) {
      const file = await realFiles.append(path, options);
      return { ...file, sync: () => note('sync', path, file.sync()) };
    },
    rename: (from, to) => note('rename', to, realFiles.rename(from, to)),
    remove: (path) => realFiles.remove(path).then(() => void done.push(`remove ${basename(path)}`)),
    syncFolder: (path) => note('sync', path, realFiles.syncFolder(path)),
  };
  return { files, done };
}

test('operator.token is durably written, or removed, before users.json is', async () => {
  const folder = await newFolder();
  const { files, done } = loggingFiles();
  const written = ['sync operator.token.tmp', 'rename operator.token', 'sync data'];
  const known = ['sync users.json.tmp', 'rename users.json', 'sync data'];
  const accounts = await open(folder, files);
  assert.deepEqual(done.splice(0), [...written, ...known]);
  await accounts.rotate([OPERATOR], 9);
  assert.deepEqual(done.splice(0), [...written, ...known]);
  await accounts.remove([OPERATOR]);
  assert.deepEqual(done.splice(0), ['remove operator.token', 'sync data', ...known]);
});

test('a file with one token for each user is read as it is, and gets the new format with the first change', async () => {
  const folder = await newFolder();
  const first = await open(folder);
  const [alice] = await first.add(['alice'], 'user', 5);
  const path = join(folder, 'users.json');
  const file = { files: realFiles, path };
  const now = await readJsonFile<{ issued: number; users: AccountRecord[] }>({ ...file, format: 2 });
  const users = now.users.map(({ tokens, ...info }) => {
    const { generation, hash } = tokens[0] as TokenRecord;
    return { ...info, generation, tokenHash: hash };
  });
  await writeJsonFile({ ...file, format: 1 }, { issued: now.issued, users });

  const bytes = await readFile(path);
  const later = await open(folder);
  assert.ok(await later.verify('alice', alice?.token ?? ''));
  assert.deepEqual(await later.tokens('alice'), [{ name: 'main', at: 5 }]);
  assert.deepEqual(await readTokens(folder, 'alice'), [{ name: 'main', at: 5 }]);
  assert.deepEqual(await readFile(path), bytes, 'looking changes nothing (R19)');
  await later.addToken('alice', 'laptop', 6);
  await assert.rejects(readJsonFile({ ...file, format: 1 }), { name: 'NewerFormat' });
  const last = await open(folder);
  assert.ok(await last.verify('alice', alice?.token ?? ''));
  assert.equal((await last.tokens('alice')).length, 2);
});

test('the operator may have further tokens; that in operator.token is only replaced by a rotation', async () => {
  const folder = await newFolder();
  const accounts = await open(folder);
  const own = await readOperatorToken(folder);
  const laptop = await accounts.addToken(OPERATOR, 'laptop', 2);
  assert.equal(await readOperatorToken(folder), own);
  await assert.rejects(accounts.revokeToken(OPERATOR, 'main'), { reason: 'token', message: /im user rotate operator/ });
  const later = await open(folder);
  assert.equal(await readOperatorToken(folder), own);
  for (const token of [own, laptop.token]) assert.ok(await isOperator(later, token));
  await later.revokeToken(OPERATOR, 'laptop');
  assert.ok(!(await isOperator(later, laptop.token)));
  assert.ok(await isOperator(later, await readOperatorToken(folder)));
});

for (const [what, tokens] of [
  ['no list of tokens', { laptop: 'sha256:' }],
  ['a token with a hostile name', [{ name: '../x', at: 1, generation: 1, hash: hashToken('t') }]],
  ['two tokens of one name', [1, 2].map((generation) => ({ name: 'a', at: 1, generation, hash: hashToken('t') }))],
  ['a number that was never issued', [{ name: 'a', at: 1, generation: 99, hash: hashToken('t') }]],
  ['a token in clear', [{ name: 'a', at: 1, generation: 1, hash: 'im_clear' }]],
  ['no token but null', [null]],
  ['a use that is no time', [{ name: 'a', at: 1, usedAt: 'now', generation: 1, hash: hashToken('t') }]],
] as const) {
  test(`users.json with ${what} is damaged`, async () => {
    const folder = await newFolder();
    await open(folder);
    const users = [{ user: 'alice', role: 'user', at: 1, tokens }];
    await writeJsonFile({ files: realFiles, path: join(folder, 'users.json'), format: 2 }, { issued: 9, users });
    await assert.rejects(open(folder), { name: 'Damaged', message: /alice/ });
  });
}

/** The real files, with a full disk for some of them. */
function fillingFiles(isFullFor: (path: string) => boolean): Files {
  return {
    ...realFiles,
    async append(path, options) {
      const file = await realFiles.append(path, options);
      const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      return { ...file, write: (bytes) => (isFullFor(path) ? Promise.reject(full) : file.write(bytes)) };
    },
  };
}

test('on a full disk nobody is added; with space again the same add succeeds', async () => {
  const folder = await newFolder();
  let isFull = false;
  const accounts = await open(
    folder,
    fillingFiles(() => isFull),
  );
  isFull = true;
  await assert.rejects(accounts.add(['alice'], 'user', 1), { name: 'AccountsUnavailable' });
  assert.ok(!accounts.mayExist('alice'));
  assert.ok(!(await open(folder)).mayExist('alice'));
  isFull = false;
  await accounts.add(['alice'], 'user', 1);
  assert.ok((await open(folder)).mayExist('alice'));
});

for (const change of ['rotate', 'remove'] as const) {
  test(`a disk that is full halfway through ${change} of the operator leaves the valid token in the file`, async () => {
    const folder = await newFolder();
    let isFull = false;
    const accounts = await open(
      folder,
      fillingFiles((path) => isFull && path.includes('users.json')),
    );
    const token = await readOperatorToken(folder);
    isFull = true;
    await assert.rejects(accounts[change]([OPERATOR], 9), { name: 'AccountsUnavailable' });
    assert.equal(await readOperatorToken(folder), token);
    assert.ok(await isOperator(accounts, token));
    assert.ok(await isOperator(await open(folder), token));
  });
}

/** The real files, which fail after `survives` changes, as if the process had died. */
function dyingFiles(survives: number): { files: Files; changes: () => number } {
  let changes = 0;
  const step = <T>(change: () => Promise<T>): Promise<T> => {
    changes++;
    return changes > survives ? Promise.reject(new Error('the process died')) : change();
  };
  const files: Files = {
    ...realFiles,
    async append(path, options) {
      const file = await step(() => realFiles.append(path, options));
      return {
        ...file,
        write: (bytes) => step(() => file.write(bytes)),
        sync: () => step(() => file.sync()),
      };
    },
    rename: (from, to) => step(() => realFiles.rename(from, to)),
    remove: (path) => step(() => realFiles.remove(path)),
    syncFolder: (path) => step(() => realFiles.syncFolder(path)),
  };
  return { files, changes: () => changes };
}

/** Runs a change that dies after 0, 1, 2 … steps, until it completes. Checks the folder after each run. */
async function dieEverywhere(
  t: TestContext,
  prepare: (folder: string) => Promise<void>,
  change: (folder: string, files: Files) => Promise<unknown>,
  check: (accounts: Accounts, folder: string) => Promise<void>,
): Promise<void> {
  for (let survives = 0; ; survives++) {
    const folder = await newFolder();
    await prepare(folder);
    const { files, changes } = dyingFiles(survives);
    const died = await change(folder, files).then(
      () => false,
      () => true,
    );
    const accounts = await open(folder);
    assert.ok(await isOperator(accounts, await readOperatorToken(folder)), `died after ${survives} steps`);
    await check(accounts, folder);
    if (died) continue;
    t.diagnostic(`died after each of ${changes()} steps`);
    assert.ok(survives > 4);
    return;
  }
}

describe('a crash at any step', () => {
  test('of the first start: the operator can log in after the next start', (t) =>
    dieEverywhere(
      t,
      async () => {},
      open,
      async () => {},
    ));

  test('of a rotation: exactly one operator token is valid, the new one if the rotation completed', async (t) => {
    let old = '';
    let rotated: string | undefined;
    await dieEverywhere(
      t,
      async (folder) => {
        await open(folder);
        old = await readOperatorToken(folder);
        rotated = undefined;
      },
      async (folder, files) => {
        const accounts = await open(folder, files);
        rotated = (await accounts.rotate([OPERATOR], 9))[0]?.token;
      },
      async (accounts, folder) => {
        const token = await readOperatorToken(folder);
        if (rotated !== undefined) assert.equal(token, rotated);
        assert.equal(await isOperator(accounts, old), token === old);
      },
    );
  });

  test('of a removal of the operator: after a completed removal the old token stays invalid', async (t) => {
    let old = '';
    let isRemoved = false;
    await dieEverywhere(
      t,
      async (folder) => {
        await open(folder);
        old = await readOperatorToken(folder);
        isRemoved = false;
      },
      async (folder, files) => {
        const accounts = await open(folder, files);
        await accounts.remove([OPERATOR]);
        isRemoved = true;
      },
      async (accounts) => {
        if (isRemoved) assert.ok(!(await isOperator(accounts, old)));
      },
    );
  });

  test('of adding users: all of them exist, or none', (t) =>
    dieEverywhere(
      t,
      async (folder) => void (await open(folder)),
      async (folder, files) => (await open(folder, files)).add(['alice', 'bob'], 'user', 1),
      async (accounts) => assert.equal(accounts.mayExist('alice'), accounts.mayExist('bob')),
    ));
});

async function isOperator(accounts: Accounts, token: string): Promise<boolean> {
  return (await accounts.verify(OPERATOR, token))?.role === 'operator';
}
