/** Splits text into graphemes: what a person sees as one character, such as a letter with marks or an emoji family. */

/** Made at its first use: that takes 10 ms, which a command that prints ASCII does not need. */
const LATE = {
  get segmenter(): Intl.Segmenter {
    const value = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
    Object.defineProperty(LATE, 'segmenter', { value });
    return value;
  },
};

/**
 * ASCII, Latin, Greek, Cyrillic, kana, Chinese, Hangul syllables, and their punctuation: characters between any two of which
 * there is a boundary. CR is left out, because there is none between CR and LF.
 */
const PLAIN =
  /^[\0-\x0c\x0e-\x7f\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u058f\u2010-\u2027\u2500-\u259f\u3000-\u3029\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e]*$/;

/** UTF-16 units in one grapheme. A longer one is not a letter or emoji of any language: it is split. */
export const MAX_GRAPHEME_LENGTH = 32;

/**
 * UTF-16 units passed to the segmenter at a time. With each grapheme it returns a copy of its whole input, so that a long
 * text in one piece would take quadratic time.
 */
const WINDOW = 2 * MAX_GRAPHEME_LENGTH;

/** The graphemes of a text, in order; joined, they are the text again. */
export function* graphemes(text: string): Generator<string> {
  if (PLAIN.test(text)) {
    yield* text;
    return;
  }
  for (let start = 0; start < text.length; ) {
    const piece = text.slice(start, endOfWindow(text, start));
    const isLast = start + piece.length === text.length;
    for (const { segment, index } of LATE.segmenter.segment(piece)) {
      // The last grapheme may continue after the window: the next window starts with it, unless it fills the window.
      if (!isLast && index > 0 && index + segment.length === piece.length) break;
      if (segment.length <= MAX_GRAPHEME_LENGTH) yield segment;
      else yield* segment;
      start += segment.length;
    }
  }
}

/** The end of each grapheme, as UTF-16 indices. The last one is the text's length. */
export function boundaries(text: string): number[] {
  const ends: number[] = [];
  let end = 0;
  for (const grapheme of graphemes(text)) {
    end += grapheme.length;
    ends.push(end);
  }
  return ends;
}

/** The smallest range of whole graphemes that contains a range of the text, as UTF-16 indices: from, and up to. */
export function wholeGraphemes(text: string, from: number, to: number): readonly [number, number] {
  let start = 0;
  let end = 0;
  for (const { length } of graphemes(text)) {
    if (end >= to) break;
    end += length;
    if (end <= from) start = end;
  }
  return [start, end];
}

/** The end of the window from `start`, never inside a surrogate pair. */
function endOfWindow(text: string, start: number): number {
  const end = Math.min(start + WINDOW, text.length);
  const code = text.charCodeAt(end);
  return code >= 0xdc00 && code <= 0xdfff ? end - 1 : end;
}
