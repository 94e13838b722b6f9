/** Takes text apart into graphemes: what a person sees as one character, be it a letter with marks or an emoji family. */

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * ASCII, Latin, Greek, Cyrillic, kana, Chinese, Hangul syllables, and the punctuation that stands among them: between any two
 * of these there is a boundary (but not between CR and LF).
 */
const PLAIN =
  /^[\0-\x0c\x0e-\x7f\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u058f\u2010-\u2027\u2500-\u259f\u3000-\u3029\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e]*$/;

/** UTF-16 units in one grapheme. A longer one is no letter and no emoji of any language: it is taken apart. */
export const MAX_GRAPHEME_LENGTH = 32;

/**
 * Units given to the segmenter at a time: with each grapheme it hands out a copy of all that it was given, so that a long
 * text in one piece would cost the square of its length.
 */
const WINDOW = 2 * MAX_GRAPHEME_LENGTH;

/** The graphemes of a text, in order; joined, they are the text. */
export function* graphemes(text: string): Generator<string> {
  if (PLAIN.test(text)) {
    yield* text;
    return;
  }
  for (let start = 0; start < text.length; ) {
    const piece = text.slice(start, endOfWindow(text, start));
    const isLast = start + piece.length === text.length;
    for (const { segment, index } of SEGMENTER.segment(piece)) {
      // The last one may go on behind the window: it is looked at again from its beginning, unless it fills the window.
      if (!isLast && index > 0 && index + segment.length === piece.length) break;
      if (segment.length <= MAX_GRAPHEME_LENGTH) yield segment;
      else yield* segment;
      start += segment.length;
    }
  }
}

/** Where each grapheme of a text ends, as UTF-16 indices. The last one is the text's length. */
export function boundaries(text: string): number[] {
  const ends: number[] = [];
  let end = 0;
  for (const grapheme of graphemes(text)) {
    end += grapheme.length;
    ends.push(end);
  }
  return ends;
}

/** Not between the halves of a surrogate pair. */
function endOfWindow(text: string, start: number): number {
  const end = Math.min(start + WINDOW, text.length);
  const code = text.charCodeAt(end);
  return code >= 0xdc00 && code <= 0xdfff ? end - 1 : end;
}
