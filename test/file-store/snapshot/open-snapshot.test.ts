/** Snapshots beside a working store: each is a state that existed, and taking one changes nothing (storage 12, R19). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Damaged, FileMissing, NewerFormat } from '../../../src/disk/disk-errors.js';
import { openSnapshot } from '../../../src/file-store/snapshot/open-snapshot.js';
import { type FileStore, openFileStore } from '../../../src/file-store/store/file-store.js';
import { type Clock, systemClock } from '../../../src/io/clock.js';
import type { Files } from '../../../src/io/files.js';
import { silentLog } from '../../../src/io/log.js';
import type { ReadMessage } from '../../../src/store/store.js';
import { append } from '../../harness/append.js';
import { deferred } from '../../harness/deferred.js';
import { MemoryDisk } from '../../harness/files-memory.js';

const FOLDER = '/data';
const ALL = { messages: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

/** Without timers, so that a store that is never closed does not keep the process alive. */
const clock: Clock = { ...systemClock, every: () => ({ cancel() {} }) };

const open = (disk: MemoryDisk, checkpointBytes = 64 * 1024 * 1024): Promise<FileStore> =>
  openFileStore({
    folder: FOLDER,
    files: disk.files,
    clock,
    log: silentLog,
    storage: { checkpointBytes },
  });

/** The disk, read-only: every write fails the test. `before` runs before each read operation. */
function readOnly(disk: MemoryDisk, before: () => Promise<unknown> = async () => undefined): Files {
  const refuse = async (): Promise<never> => assert.fail('a snapshot wrote to the disk');
  const { open, read, list, identify } = disk.files;
  const reading = { open, read, list, identify };
  const entries = Object.entries(reading).map(([name, call]) => [
    name,
    async (path: string) => {
      await before();
      return (call as (path: string) => Promise<unknown>)(path);
    },
  ]);
  const refused = ['append', 'rename', 'link', 'copy', 'remove', 'makeFolder', 'syncFolder'].map((name) => [
    name,
    refuse,
  ]);
  return Object.fromEntries([...entries, ...refused]) as Files;
}

/** User → the contents of the mailbox. */
type Mail = Map<string, { delivered: number; messages: readonly Partial<ReadMessage>[] }>;

/** Takes a snapshot and reads all of it. */
async function readSnapshot(files: Files, user?: string): Promise<{ lsn: number; mail: Mail }> {
  const snapshot = await openSnapshot({ files, folder: FOLDER, user });
  const mail: Mail = new Map();
  for await (const found of snapshot.mailboxes()) {
    if ('fault' in found) throw found.fault;
    const { mailbox } = found;
    const messages = mailbox.read(mailbox.delivered, ALL).map(({ seq, id, attempts }) => ({ seq, id, attempts }));
    mail.set(found.user, { delivered: mailbox.delivered, messages });
  }
  await snapshot.close();
  return { lsn: snapshot.lsn, mail };
}

type Step = 'message' | 'ack' | 'note' | 'reopen';

/** A working store. Each change is one record, so that the lsn of a snapshot is the number of changes in it. */
class Work {
  /** The states after 0, 1, 2 … records. */
  readonly history: Mail[] = [new Map()];
  #done: Promise<void> = Promise.resolve();
  #store: FileStore | undefined;
  #count = 0;

  constructor(readonly disk: MemoryDisk) {}

  /** Runs the steps one after the other. */
  do(step: Step, user: string): Promise<void> {
    this.#done = this.#done.then(() => this.#do(step, user));
    return this.#done;
  }

  async #do(step: Step, user: string): Promise<void> {
    this.#store ??= await open(this.disk, 600);
    if (step === 'reopen') {
      await this.#store.close();
      this.#store = undefined;
      return;
    }
    const mail = structuredClone(this.history.at(-1) ?? new Map()) as Mail;
    const { delivered, messages } = mail.get(user) ?? { delivered: 0, messages: [] };
    const last = delivered + messages.length;
    if (step === 'message') {
      const id = `m${this.#count++}`;
      await append(this.#store, { to: user, from: 'alice', id, body: 'x'.repeat(50), at: 1 });
      mail.set(user, { delivered, messages: [...messages, { seq: last + 1, id, attempts: 0 }] });
    } else if (messages.length > 0) {
      const { fence } = await this.#store.claim(user);
      if (step === 'ack') {
        await this.#store.settle(user, delivered + 1, fence);
        mail.set(user, { delivered: delivered + 1, messages: messages.slice(1) });
      } else {
        await this.#store.notePushed(user, last, fence, 7);
        const tried = messages.map((message) => ({ ...message, attempts: (message.attempts ?? 0) + 1 }));
        mail.set(user, { delivered, messages: tried });
      }
    } else return;
    this.history.push(mail);
  }

  async end(): Promise<void> {
    await this.#done;
    await this.#store?.close();
  }
}

const step = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Step>('message') },
  { weight: 4, arbitrary: fc.constant<Step>('ack') },
  { weight: 4, arbitrary: fc.constant<Step>('note') },
  { weight: 1, arbitrary: fc.constant<Step>('reopen') },
);
const steps = fc.array(fc.tuple(step, fc.constantFrom('bob', 'carol', 'dave')), { minLength: 1, maxLength: 120 });

test('whatever the store does meanwhile, a snapshot is a state that existed', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 40 }), async (plan, pauses) => {
      const work = new Work(new MemoryDisk());
      let next = 0;
      let reads = 0;
      const go = async (): Promise<void> => {
        const [what, user] = plan[next++] ?? [];
        if (what && user) await work.do(what, user);
      };
      await go();
      const files = readOnly(work.disk, async () => {
        for (let more = pauses[reads++ % pauses.length] ?? 0; more > 0; more--) await go();
      });
      do {
        await go();
        const { lsn, mail } = await readSnapshot(files).catch((error: unknown) => {
          if (error instanceof FileMissing) return { lsn: 0, mail: new Map() as Mail }; // There is no store yet.
          throw error;
        });
        const expected = work.history[lsn];
        assert.ok(expected, `there is no record ${lsn} yet`);
        const nonEmpty = ([, { delivered, messages }]: [string, { delivered: number; messages: unknown[] }]) =>
          delivered + messages.length > 0;
        assert.deepEqual(new Map([...mail].filter(nonEmpty as never)), expected);
      } while (next < plan.length);
      await work.end();
    }),
    { numRuns: 150 },
  );
});

/** A folder with two messages for each of some users; the first of them is in a file, the second in the journal. */
async function filled(users: readonly string[]): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  for (const id of ['first', 'second']) {
    const store = await open(disk);
    for (const to of users) await append(store, { to, from: 'alice', id, body: 'hi', at: 1 });
    if (id === 'first') await store.close();
  }
  return disk.kill();
}

const ids = (mail: Mail, user: string) => mail.get(user)?.messages.map(({ id }) => id);

test('a mailbox is read from its file and the records that are not in the file yet', async () => {
  const disk = await filled(['bob', 'carol']);
  const before = disk.paths().map((path) => [path, disk.bytesOf(path)]);
  const { mail } = await readSnapshot(readOnly(disk));
  assert.deepEqual([...mail.keys()], ['bob', 'carol']);
  for (const user of mail.keys()) assert.deepEqual(ids(mail, user), ['first', 'second']);
  const one = await readSnapshot(readOnly(disk), 'carol');
  assert.deepEqual([...one.mail.keys()], ['carol']);
  assert.deepEqual(ids(one.mail, 'carol'), ['first', 'second']);
  assert.deepEqual([...(await readSnapshot(readOnly(disk), 'nobody')).mail.keys()], []);
  assert.deepEqual(
    disk.paths().map((path) => [path, disk.bytesOf(path)]),
    before,
    'R19: no byte has changed',
  );
});

test('a checkpoint during a snapshot does not mix files of different moments', async () => {
  const disk = new MemoryDisk();
  const store = await open(disk, 600);
  const send = (to: string, id: string) => append(store, { to, from: 'alice', id, body: 'x'.repeat(50), at: 1 });
  await send('bob', 'b1');
  await send('carol', 'c1');
  const bobWritten = deferred<void>();
  const carolSent = deferred<void>();
  const removing = deferred<void>();
  const isRead = deferred<void>();
  disk.watch = async (operation, path) => {
    if (operation === 'append' && path.endsWith('bob.json.tmp')) {
      bobWritten.resolve();
      await carolSent.promise;
    }
    if (operation === 'remove' && path.endsWith('.ndjson')) {
      removing.resolve();
      await isRead.promise;
    }
    return undefined;
  };
  let reads = 0;
  const files = readOnly(disk, async () => {
    if (++reads !== 2) return; // After store.json was read first, before anything else.
    for (let more = 2; more < 8; more++) await send('bob', `b${more}`);
    await bobWritten.promise; // The journal has a new segment, carol's file is not written yet …
    await send('carol', 'c2'); // … and will contain this message, which is not in the old segment.
    carolSent.resolve();
    await removing.promise;
  });
  const { lsn, mail } = await readSnapshot(files);
  isRead.resolve();
  const count = [...mail.values()].reduce((sum, { messages }) => sum + messages.length, 0);
  assert.equal(count, lsn, 'each record is a message');
  await store.close();
});

test('an incomplete last record is left out, and left in the file', async () => {
  const disk = await filled(['bob']);
  const path = disk.paths().find((name) => name.endsWith('.ndjson')) ?? '';
  const whole = disk.bytesOf(path);
  const { lsn } = await readSnapshot(readOnly(disk));
  const last = whole.lastIndexOf('{"lsn":');
  const end = whole.indexOf('\n', last);
  for (const length of [last + 1, last + 40, end]) {
    disk.overwrite(path, whole.subarray(0, length));
    const { lsn: before, mail } = await readSnapshot(readOnly(disk));
    assert.equal(before, lsn - 1);
    assert.deepEqual(ids(mail, 'bob'), ['first']);
    assert.equal(disk.bytesOf(path).length, length);
  }
});

test('a damaged mailbox has a fault, and the others are read', async () => {
  const disk = await filled(['bob', 'carol', 'dave']);
  const path = `${FOLDER}/mailboxes/carol.json`;
  disk.overwrite(path, Buffer.from(disk.bytesOf(path).toString().replace('first', 'fjrst')));
  const snapshot = await openSnapshot({ files: readOnly(disk), folder: FOLDER });
  const found: string[] = [];
  for await (const one of snapshot.mailboxes()) {
    found.push(one.user);
    if (!('fault' in one)) assert.equal(one.mailbox.last, 2);
    else
      assert.deepEqual(
        [one.user, one.fault instanceof Damaged, one.fault.message.includes(path)],
        ['carol', true, true],
      );
  }
  assert.deepEqual(found, ['bob', 'carol', 'dave']);
  await snapshot.close();
});

test('a missing store, a newer format and a damaged journal are errors, and nothing is repaired', async () => {
  const empty = new MemoryDisk();
  await assert.rejects(readSnapshot(readOnly(empty)), FileMissing);
  const newer = await filled(['bob']);
  const store = `${FOLDER}/store.json`;
  newer.overwrite(
    store,
    Buffer.from(
      newer
        .bytesOf(store)
        .toString()
        .replace(/"format": \d/, '"format": 9'),
    ),
  );
  await assert.rejects(readSnapshot(readOnly(newer)), NewerFormat);
  const disk = await filled(['bob']);
  const path = disk.paths().find((name) => name.endsWith('.ndjson')) ?? '';
  const bytes = Buffer.from(disk.bytesOf(path));
  bytes[20] = 0x58;
  disk.overwrite(path, bytes);
  await assert.rejects(
    readSnapshot(readOnly(disk)),
    (error: Error) => error instanceof Damaged && error.message.includes(path),
  );
  assert.deepEqual(disk.bytesOf(path), bytes);
});

test('after an early return and close no file is open', async () => {
  const disk = await filled(['bob', 'carol', 'dave', 'erin', 'frank', 'grace']);
  let openFiles = 0;
  const files = readOnly(disk);
  const counted: Files = {
    ...files,
    async open(path) {
      const file = await files.open(path);
      openFiles++;
      return {
        ...file,
        close: async () => {
          openFiles--;
          await file.close();
        },
      };
    },
  };
  const snapshot = await openSnapshot({ files: counted, folder: FOLDER });
  for await (const { user } of snapshot.mailboxes()) if (user === 'bob') break;
  await snapshot.close();
  assert.equal(openFiles, 0);
});
