/**
 * Finds the URLs in a line, to be clickable. The target is exactly the text that is shown (R18): plain ASCII of http and https,
 * so that what is hidden, bidirectional or of another script ends it. Pure.
 */
import type { Cell } from '../../text/text-width.js';
import { TUI } from '../limits.js';

/** A URL: the cells from `from` (inclusive) to `to` (exclusive). */
export interface Link {
  readonly from: number;
  readonly to: number;
  readonly target: string;
}

/** Scheme, and a host with its port. What could name another host than it seems to, such as `user@`, is not matched. */
const START = /(?<![\w.-])https?:\/\/(?:[\w-]+(?:\.[\w-]+)*\.?|\[[\da-f:.]+\])(?::\d{1,5})?/gi;

/** The rest: characters of a URL. Revealed hidden characters (`\u{202e}`, `^[`) have others. */
const REST = /[/?#][\w/?#[\]@!$&'()*+,;=:.~%-]*/y;

/** What follows a host without a path. Anything else may be a part of the name that is shown. */
const AFTER_HOST = /[\])>"'.,;:!?*]*(\s|$)|[，。、；：！？（）」』】》”’]/y;

/** Punctuation that follows a URL, and does not end it. */
const TRAILING = ".,;:!?'*";

/** In the place of a cell that is not one ASCII character. */
const OTHER = '\ufffd';

/** @param cells of one line of safe text. */
export function linksIn(cells: readonly Cell[]): readonly Link[] {
  // One UTF-16 unit for each cell: an index of the text is that of the cell.
  const text = cells.map((cell) => (cell.text.length === 1 ? cell.text : OTHER)).join('');
  const links: Link[] = [];
  for (const { 0: host, index } of text.matchAll(START)) {
    const end = index + host.length;
    const rest = matchAt(REST, text, end);
    if (rest === undefined && matchAt(AFTER_HOST, text, end) === undefined) continue;
    const url = host + (rest ?? '');
    if (url.length > TUI.maxLinkLength) continue;
    const target = withoutPunctuation(url);
    links.push({ from: index, to: index + target.length, target });
  }
  return links;
}

function matchAt(sticky: RegExp, text: string, index: number): string | undefined {
  sticky.lastIndex = index;
  return sticky.exec(text)?.[0];
}

/** Without the punctuation after it, and the brackets that were opened before it. */
function withoutPunctuation(url: string): string {
  const surplus: Record<string, number> = {
    ')': count(url, ')') - count(url, '('),
    ']': count(url, ']') - count(url, '['),
  };
  let end = url.length;
  for (; end > 0; end--) {
    const last = url[end - 1] ?? '';
    const isUnopened = (surplus[last] ?? 0) > 0;
    if (!isUnopened && !TRAILING.includes(last)) break;
    if (isUnopened) surplus[last] = (surplus[last] ?? 0) - 1;
  }
  return url.slice(0, end);
}

const count = (text: string, character: string): number => text.split(character).length - 1;
