/** Loads a mailbox from its file and from the journal's records that are not in the file yet. */
import { join } from 'node:path';
import { Damaged, isTemporary } from '../../disk/disk-errors.js';
import { segmentName } from '../../disk/journal-format.js';
import type { Clock } from '../../io/clock.js';
import type { Files } from '../../io/files.js';
import type { Log } from '../../io/log.js';
import { isUserName } from '../../protocol/fields.js';
import { StoreUnavailable } from '../../store/store.js';
import type { JournalIndex, SegmentSpans } from '../files/journal-index.js';
import { applyRecord, decodeRecord, type JournalRecord } from '../files/journal-records.js';
import {
  includedRecord,
  type MailboxDocument,
  mailboxPath,
  readMailboxFile,
  setApplied,
} from '../files/mailbox-file.js';
import { isSame, type MailboxManifest } from '../files/mailbox-manifest.js';
import { Mailbox, type MailboxLimits } from '../mailbox/mailbox.js';

/** The mailbox cannot be read; others can. The cause names the file and the reason. */
export class MailboxDamaged extends StoreUnavailable {
  constructor(
    readonly user: string,
    cause: unknown,
  ) {
    super(`the mailbox of ${user} cannot be read: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

interface MailboxSource {
  readonly files: Files;
  readonly folder: string;
  readonly epoch: string;
  readonly clock: Pick<Clock, 'now' | 'defer'>;
  readonly limits: MailboxLimits;
  readonly index: Pick<JournalIndex, 'spansOf'>;
  readonly manifest: Pick<MailboxManifest, 'check' | 'get'>;
}

export class MailboxLoader {
  readonly #source: MailboxSource;
  readonly #log: Log;
  /** A damaged mailbox is not read again before the next start: it needs a human. */
  readonly #damaged = new Map<string, MailboxDamaged>(); // storage 9: a Map, never {}

  constructor(source: MailboxSource, log: Log) {
    this.#source = source;
    this.#log = log;
  }

  /** @throws MailboxDamaged; StoreUnavailable after a temporary error; RangeError when it is not a user name. */
  async load(user: string): Promise<Mailbox> {
    if (!isUserName(user)) throw new RangeError(`${JSON.stringify(user)} is not a user name`); // storage 10
    const known = this.#damaged.get(user);
    if (known) throw known;
    const file = this.#source.manifest.get(user);
    try {
      return await loadMailbox(this.#source, user);
    } catch (error) {
      // Meanwhile a checkpoint has replaced the file, and may have removed segments.
      if (this.#source.manifest.get(user) !== file) return this.load(user);
      if (isTemporary(error)) throw new StoreUnavailable(`the mailbox of ${user} cannot be read now`, { cause: error });
      const damaged = new MailboxDamaged(user, error);
      this.#damaged.set(user, damaged);
      this.#log.error('mailbox-damaged', error, { user }); // storage 14: the other mailboxes still work
      throw damaged;
    }
  }
}

async function loadMailbox(source: MailboxSource, user: string): Promise<Mailbox> {
  const { files, folder, epoch, clock, limits, index, manifest } = source;
  const segments = index.spansOf(user);
  const document = await readMailboxFile(files, folder, user, epoch);
  const mailbox = document ? await restore(source, document) : new Mailbox(limits);
  const last = document && includedRecord(document);
  let isInJournal = false;
  for (const spans of segments) {
    await readRecords(source, spans, (record) => {
      isInJournal ||= isSame(record, last);
      if (record.lsn > (last?.lsn ?? 0)) applyRecord(user, mailbox, record);
    });
  }
  manifest.check(user, mailboxPath(folder, user), last, isInJournal);
  mailbox.trim(clock.now());
  return mailbox;
}

async function restore({ limits, clock }: MailboxSource, document: MailboxDocument): Promise<Mailbox> {
  const steps = Mailbox.restoreInSteps(limits, document);
  for (;;) {
    const step = steps.next();
    if (step.done) {
      setApplied(step.value, document);
      return step.value;
    }
    await new Promise<void>((resolve) => clock.defer(resolve));
  }
}

/** Calls `take` with each record at the given spans of a segment. @throws Damaged */
export async function readRecords(
  { files, folder }: { readonly files: Pick<Files, 'open'>; readonly folder: string },
  { segment, spans }: SegmentSpans,
  take: (record: JournalRecord) => void,
): Promise<void> {
  const path = join(folder, 'journal', segmentName(segment));
  await readLines(files, path, spans, (line, position) => take(parse(line, path, position)));
}

function parse(line: Buffer, path: string, position: number): JournalRecord {
  try {
    return decodeRecord(line);
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) throw new Damaged(path, position, error.message);
    throw error;
  }
}

/** Spans this close to each other are read together. */
const MAX_GAP_BYTES = 16 * 1024;
const NEWLINE = 0x0a;
/** Bytes per read: parsing them must not block the event loop. */
const MAX_READ_BYTES = 1024 * 1024;

/** Reads the lines in the given spans (position and length, alternating), those close to each other with one read. @throws Damaged when the file is shorter. */
export async function readLines(
  files: Pick<Files, 'open'>,
  path: string,
  spans: readonly number[],
  take: (line: Buffer, position: number) => void,
): Promise<void> {
  const file = await files.open(path);
  try {
    for (let first = 0; first < spans.length; ) {
      const start = spans[first] as number;
      let end = start;
      let next = first;
      while (next < spans.length) {
        const position = spans[next] as number;
        const after = position + (spans[next + 1] as number);
        if (next > first && (position - end > MAX_GAP_BYTES || after - start > MAX_READ_BYTES)) break;
        end = after;
        next += 2;
      }
      const bytes = await file.read(start, end - start);
      if (bytes.length < end - start) throw new Damaged(path, start + bytes.length, 'it ends before its last record');
      for (; first < next; first += 2) {
        const position = spans[first] as number;
        const offset = position - start;
        takeLines(bytes.subarray(offset, offset + (spans[first + 1] as number)), position, take);
      }
    }
  } finally {
    await file.close();
  }
}

/** If the last line has no newline, it is damaged: `take` finds out. */
function takeLines(bytes: Buffer, position: number, take: (line: Buffer, position: number) => void): void {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start) + 1 || bytes.length;
    take(bytes.subarray(start, end), position + start);
    start = end;
  }
}
