/** `im history`: what was said, from the local history. Reads beside a running client, and changes nothing (R19). */
import { toExported } from '../../history/export.js';
import { type History, type HistoryMessage, isOwn } from '../../history/history.js';
import { block, inline, jsonLine, type SafeText, safe } from '../../text/safe-text.js';
import type { Output } from '../output/output.js';
import { formatTime } from '../output/timestamps.js';

/** Times in ms since 1970. A message matches if all given conditions hold. */
export interface HistoryFilter {
  /** At this time or later. */
  readonly since?: number | undefined;
  /** Before this time. */
  readonly until?: number | undefined;
  /** Matches somewhere in the body. Without the flags `g` and `y`, which keep state between calls. */
  readonly grep?: RegExp | undefined;
  /** Only so many, the newest. */
  readonly limit?: number | undefined;
}

/** A message with whom it was exchanged. */
interface Said {
  readonly peer: string;
  readonly message: HistoryMessage;
}

/** Prints the messages with these peers, newest last, no faster than stdout takes them. Resolves with how many there were. */
export async function printHistory(
  history: Pick<History, 'segments'>,
  peers: readonly string[],
  filter: HistoryFilter,
  output: Output,
): Promise<number> {
  const { limit } = filter;
  let count = 0;
  const batches =
    limit === undefined
      ? merge(peers.map((peer) => all(history, peer, filter)))
      : [newestOf(await Promise.all(peers.map((peer) => newest(history, peer, filter, limit))), limit)];
  for await (const batch of batches) {
    count += batch.length;
    let written: Promise<void> = Promise.resolve();
    for (const said of batch) written = output.line(textOf(said, output));
    await written;
  }
  return count;
}

function textOf({ peer, message }: Said, { json, columns }: Pick<Output, 'json' | 'columns'>): SafeText {
  if (json) return jsonLine(toExported(message, peer));
  const heading = safe`${formatTime(message.at)} ${headingOf(message)}: `;
  const body = block(message.body, columns === undefined ? undefined : { columns, used: heading.length });
  return safe`${heading}${body}`;
}

/** `bob`, `bob (replay)`, `you to bob`, `you to bob (queued)`. R17: without a word, an own message is delivered. */
function headingOf(message: HistoryMessage): SafeText {
  if (!isOwn(message)) {
    const { from, replay } = message;
    return replay === undefined ? inline(from) : safe`${inline(from)} (replay)`;
  }
  const { to, state, why } = message;
  if (state === 'delivered') return safe`you to ${inline(to)}`;
  return safe`you to ${inline(to)} (${inline(why === undefined ? state : `${state}: ${why}`)})`;
}

const matching = ({ since, until, grep }: HistoryFilter, messages: readonly HistoryMessage[], peer: string): Said[] =>
  messages
    .filter(
      ({ at, body }) => at >= (since ?? 0) && at < (until ?? Number.POSITIVE_INFINITY) && (grep?.test(body) ?? true),
    )
    .map((message) => ({ peer, message }));

/** The matching messages, oldest first, in batches. */
async function* all(
  history: Pick<History, 'segments'>,
  peer: string,
  filter: HistoryFilter,
): AsyncGenerator<readonly Said[]> {
  for await (const messages of history.segments(peer, 'oldest')) yield matching(filter, messages, peer);
}

/** The newest matching messages, oldest first. Reads no further back than it has to. */
async function newest(
  history: Pick<History, 'segments'>,
  peer: string,
  filter: HistoryFilter,
  limit: number,
): Promise<readonly Said[]> {
  let found: Said[] = [];
  for await (const messages of history.segments(peer, 'newest')) {
    found = [...matching(filter, messages, peer), ...found].slice(-limit);
    if (found.length === limit) break;
  }
  return found;
}

/** One that is being merged: its next messages, from `index` on. */
interface Source {
  readonly rest: AsyncIterator<readonly Said[]>;
  batch: readonly Said[];
  index: number;
}

/**
 * Merges conversations by time. Each keeps its own order, whatever the clocks say. Yields when it has to read on, so that what is
 * known is printed at once.
 */
async function* merge(conversations: readonly AsyncIterable<readonly Said[]>[]): AsyncGenerator<readonly Said[]> {
  let sources: Source[] = conversations.map((one) => ({ rest: one[Symbol.asyncIterator](), batch: [], index: 0 }));
  for (;;) {
    for (const source of sources) await refill(source);
    sources = sources.filter(({ batch }) => batch.length > 0);
    if (sources.length === 0) return;
    yield takeMerged(sources);
  }
}

async function refill(source: Source): Promise<void> {
  while (source.index === source.batch.length) {
    const next = await source.rest.next();
    source.index = 0;
    source.batch = next.done ? [] : next.value;
    if (next.done) return;
  }
}

/** Takes messages until one of the sources has to be read on. */
function takeMerged(sources: readonly Source[]): readonly Said[] {
  const merged: Said[] = [];
  for (;;) {
    let first = sources[0] as Source;
    for (const source of sources) if (atOf(source) < atOf(first)) first = source;
    merged.push(first.batch[first.index] as Said);
    first.index += 1;
    if (first.index === first.batch.length) return merged;
  }
}

const atOf = ({ batch, index }: Source): number => batch[index]?.message.at ?? 0;

/** The newest of all, oldest first. */
function newestOf(conversations: readonly (readonly Said[])[], limit: number): readonly Said[] {
  const sources = conversations.filter((batch) => batch.length > 0).map((batch) => ({ batch, left: batch.length }));
  const taken: Said[] = [];
  while (taken.length < limit) {
    const left = sources.filter((source) => source.left > 0);
    const [first] = left.sort((a, b) => lastAt(b) - lastAt(a));
    if (first === undefined) break;
    first.left -= 1;
    taken.push(first.batch[first.left] as Said);
  }
  return taken.reverse();
}

const lastAt = ({ batch, left }: { readonly batch: readonly Said[]; readonly left: number }): number =>
  batch[left - 1]?.message.at ?? 0;
