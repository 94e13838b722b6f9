/** Benchmark of the chat client: the real `im connect` in a pseudo-terminal, read by a terminal emulator. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../src/client/api/client.js';
import { History, type ReceivedRecord } from '../../src/history/history.js';
import { systemClock } from '../../src/io/clock.js';
import { realFiles } from '../../src/io/files.js';
import type { Scope } from '../harness/process.js';
import { Pty } from '../tui/pty.js';
import { Histogram } from './histogram.js';
import { median } from './median.js';
import type { ImServer } from './server-im.js';
import type { Credential, Percentiles } from './work.js';

const HISTORY_MESSAGES = 100_000;
/** Messages stored with one fdatasync. */
const HISTORY_BATCH = 1_000;
const STARTS = 7;
const PAGES = 200;
const KEYS = 300;
/** Pause between two keys of a fast typist. */
const KEY_PAUSE_MS = 40;
const ARRIVALS = 10;
const ARRIVALS_EVERY_MS = 10;
/** The user of the chat client. */
const READER = 'reader';
/** A word in the oldest message only. */
const NEEDLE = 'needle';

const KEY = {
  back: '\u007f',
  pageUp: '\u001b[5~',
  start: '\u001b[1;5H',
  end: '\u001b[1;5F',
  search: '\u0012',
} as const;

export interface ScreenFigures {
  /** From the start of the process until the newest message is on the screen. */
  readonly firstPaintMs: number;
  /** The same for a program that only loads Ink and writes a word. */
  readonly bareMs: number;
  /** From a key until it is on the screen. */
  readonly quiet: Percentiles;
  /** The same while messages arrive in the open conversation. */
  readonly busy: Percentiles;
  readonly arrivedPerSecond: number;
  readonly bytesPerKey: number;
  readonly pageUp: Percentiles;
  readonly toStartMs: number;
  /** From the last letter of the query until the whole history is searched. */
  readonly searchMs: number;
  /** Peak memory of the client's process. */
  readonly peakMiB: number;
}

/** Takes about 2 min. */
export async function measureScreen(server: ImServer, parent: string): Promise<ScreenFigures> {
  const ends: (() => Promise<unknown>)[] = [];
  const scope: Scope = { after: (end) => void ends.push(end) };
  const [sender] = server.target.senders;
  if (sender === undefined) throw new Error('the server has no senders');
  try {
    await server.im(['user', 'add', READER, '--keep']);
    await server.im(['connect', READER, '--plain']); // makes the state folder
    await writeHistory(await historyFolder(server), sender.user);
    const open = () => new Pty(scope, ['connect', READER, '--to', sender.user], { env: server.env, ...SIZE });
    const starts = await measureStarts(scope, open, parent);
    const chat = open();
    await chat.sees('online');
    const { echo: quiet, bytes } = await typeKeys(chat);
    const reading = await measureReading(chat);
    const { result: busy, perSecond } = await withArrivals(server.target.url, sender, () => typeKeys(chat));
    const peakMiB = peakMiBOf(chat.pid);
    chat.kill('SIGTERM');
    await chat.ended;
    return {
      ...starts,
      ...reading,
      quiet,
      bytesPerKey: bytes / KEYS,
      busy: busy.echo,
      arrivedPerSecond: perSecond,
      peakMiB,
    };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

const SIZE = { columns: 100, rows: 30 } as const;

/** The folder of the reader's history, on the only server. */
async function historyFolder({ env }: ImServer): Promise<string> {
  const root = join(env.XDG_STATE_HOME ?? '', 'im');
  const [name = ''] = await realFiles.list(root);
  return join(root, name, READER, 'chat', 'history');
}

async function writeHistory(folder: string, from: string): Promise<void> {
  const history = new History({ files: realFiles, folder });
  const start = systemClock.now() - HISTORY_MESSAGES * 1_000;
  const record = (seq: number): ReceivedRecord => {
    const at = start + seq * 1_000;
    const body = `${seq === 1 ? NEEDLE : 'message'} ${seq}: some text of that day, about a dozen words, sometimes 你好`;
    return { from, epoch: 'bench', seq, id: `bench-${seq}`, at, came: at, body };
  };
  for (let first = 1; first <= HISTORY_MESSAGES; first += HISTORY_BATCH) {
    await history.addPushed(
      from,
      Array.from({ length: HISTORY_BATCH }, (_, index) => record(first + index)),
    );
  }
  await history.markRead(from, systemClock.now());
  await history.close();
}

async function measureStarts(
  scope: Scope,
  open: () => Pty,
  parent: string,
): Promise<Pick<ScreenFigures, 'firstPaintMs' | 'bareMs'>> {
  const bare = `process.env.NODE_ENV = 'production';
await Promise.all([import(${module('ink')}), import(${module('react')})]);
process.stdout.write('loaded');
`;
  const program = join(parent, 'bare-ink.mjs');
  writeFileSync(program, bare);
  const runs: { readonly paint: number; readonly bare: number }[] = [];
  for (let run = 0; run < STARTS; run++) {
    const chat = open();
    const paint = await chat.timeUntil(`message ${HISTORY_MESSAGES}:`);
    chat.kill('SIGKILL');
    await chat.ended;
    const ink = new Pty(scope, [program], { env: {}, program: process.execPath });
    runs.push({ paint, bare: await ink.timeUntil('loaded') });
    await ink.ended;
  }
  return { firstPaintMs: median(runs.map(({ paint }) => paint)), bareMs: median(runs.map(({ bare }) => bare)) };
}

const module = (name: string): string => JSON.stringify(import.meta.resolve(name));

/** Types letters, and deletes them again; each key when the one before is on the screen. */
async function typeKeys(chat: Pty): Promise<{ readonly echo: Percentiles; readonly bytes: number }> {
  const echo = new Histogram();
  const before = chat.raw.length;
  let text = '';
  for (let key = 0; key < KEYS; key++) {
    const isDelete = text.length > 40;
    const typed = isDelete ? KEY.back : String.fromCodePoint(0x61 + (key % 26));
    text = isDelete ? text.slice(0, -1) : text + typed;
    chat.type(typed);
    echo.record(await chat.timeUntil((shown) => shown.split('\n').some((row) => row.trimEnd().endsWith(`› ${text}`))));
    await pause(KEY_PAUSE_MS);
  }
  const bytes = Buffer.byteLength(chat.raw.slice(before));
  chat.type('\u0015');
  await chat.sees('Write to');
  return { echo: echo.percentiles(), bytes };
}

/** Scrolls up page by page, goes to the beginning, and searches. */
async function measureReading(chat: Pty): Promise<Pick<ScreenFigures, 'pageUp' | 'toStartMs' | 'searchMs'>> {
  const pages = new Histogram();
  for (let page = 0; page < PAGES; page++) {
    const before = chat.emulator.text();
    chat.type(KEY.pageUp);
    pages.record(await chat.timeUntil((text) => text !== before));
    await pause(KEY_PAUSE_MS);
  }
  chat.type(KEY.start);
  const toStartMs = await chat.timeUntil(`${NEEDLE} 1:`);
  chat.type(KEY.search);
  await chat.sees('Search all conversations');
  chat.type(NEEDLE);
  const searchMs = await chat.timeUntil('1 found. ');
  chat.type(`${KEY.search}${KEY.end}`);
  await chat.sees(`message ${HISTORY_MESSAGES}:`);
  return { pageUp: pages.percentiles(), toStartMs, searchMs };
}

/** Runs `work` while messages arrive. */
async function withArrivals<T>(
  url: string,
  { user, token }: Credential,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly perSecond: number }> {
  const sender = connect({ url, user, token, mode: 'send' });
  let sent = 0;
  let delivered = 0;
  sender.subscribe((event) => {
    if (event.type === 'state' && event.state === 'delivered') delivered += 1;
  });
  const timer = systemClock.every(ARRIVALS_EVERY_MS, () => {
    for (let count = 0; count < ARRIVALS; count++) sender.send(READER, `live ${++sent}: sent while somebody types`);
  });
  try {
    await pause(2_000);
    const [from, start] = [delivered, systemClock.monotonic()];
    const result = await work();
    return { result, perSecond: ((delivered - from) * 1_000) / (systemClock.monotonic() - start) };
  } finally {
    timer.cancel();
    await sender.close();
  }
}

function peakMiBOf(pid: number): number {
  const kiB = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kiB) / 1024;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => void systemClock.after(ms, resolve));
