/** Finds words in a segment. Pure. */
import { type HistoryMessage, readSegment } from './segment.js';

/** What is looked for: the same, whatever the case. */
interface Query {
  matches(body: string): boolean;
  /** Whether a segment's text can hold a match at all; cheaper than reading it. */
  mayMatch(segment: string): boolean;
}

export function createQuery(words: string): Query {
  const wanted = words.toLowerCase();
  const asWritten = JSON.stringify(wanted).slice(1, -1);
  return {
    matches: (body) => body.toLowerCase().includes(wanted),
    mayMatch: (segment) => segment.toLowerCase().includes(asWritten),
  };
}

/** The messages of a segment that match, the newest first. */
export function findIn(segment: string, query: Query): HistoryMessage[] {
  if (!query.mayMatch(segment)) return [];
  return readSegment(segment)
    .messages.filter(({ body }) => query.matches(body))
    .reverse();
}
