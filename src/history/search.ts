/** Finds text in the messages of a segment, ignoring case. Pure. */
import { type HistoryMessage, readSegment } from './segment.js';

interface Query {
  matches(body: string): boolean;
  /** Whether the raw text of a segment can contain a match; cheaper than parsing it. */
  mayMatch(segment: string): boolean;
}

export function createQuery(text: string): Query {
  const wanted = text.toLowerCase();
  const asJson = JSON.stringify(wanted).slice(1, -1);
  return {
    matches: (body) => body.toLowerCase().includes(wanted),
    mayMatch: (segment) => segment.toLowerCase().includes(asJson),
  };
}

/** The matching messages of a segment, newest first. */
export function findIn(segment: string, query: Query): HistoryMessage[] {
  if (!query.mayMatch(segment)) return [];
  return readSegment(segment)
    .messages.filter(({ body }) => query.matches(body))
    .reverse();
}
