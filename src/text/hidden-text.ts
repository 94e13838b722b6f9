/**
 * Text that nobody sees: zero-width characters, tags and other code points without a shape, in which a message can carry
 * words for a program, or look like another one. Where they shape what is seen, they are part of the text: the joiners of an
 * emoji family and of Arabic and Indic letters, the tags of a flag, one variation of a character. Pure.
 */

const INVISIBLE = String.raw`\p{Default_Ignorable_Code_Point}`;

/** A character of these ranges that is seen. */
const seen = (ranges: string): string => `(?!${INVISIBLE})[${ranges}]`;

/** Of a script whose letters join: the blocks from Arabic to Burmese, Philippine to Mongolian, and others up to Adlam. */
const JOINING = seen(
  String.raw`\u0600-\u109f\u1700-\u18af\u1900-\u1cff\ua800-\ua8ff\ua930-\uaaff\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefe\u{10a00}-\u{11fff}\u{10d00}-\u{10d3f}\u{1e900}-\u{1e95f}`,
);

/** Of a script without spaces, where a zero-width one is between words: the blocks from Thai to Burmese, Khmer, and others. */
const SPACELESS = seen(
  String.raw`\u0e00-\u109f\u1780-\u17ff\u1950-\u1aaf\u1b00-\u1b7f\ua980-\ua9ff\uaa60-\uaadf\u{11000}-\u{1107f}`,
);

/** With variations: emoji, symbols, Chinese and few others. Of ASCII and most letters there are none: they would be hidden text. */
const VARIED = String.raw`(?![\0-\x7f])[\p{S}\p{P}\p{Extended_Pictographic}\p{Ideographic}\u1000-\u109f\ua840-\ua87f\uff10]`;

const MONGOLIAN = String.raw`[\u1820-\u18aa]`;

/** Where an invisible character is part of what is seen: what precedes it, itself, and sometimes what follows. */
const PARTS = [
  String.raw`\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]?\u200d(?=\p{Extended_Pictographic})`,
  String.raw`${JOINING}[\u200c\u200d]`,
  String.raw`(?<!${INVISIBLE})\u200d(?=${JOINING})`,
  String.raw`${SPACELESS}\u200b(?=${SPACELESS})`,
  String.raw`[#*\d][\ufe0e\ufe0f]`,
  String.raw`0\ufe00`,
  String.raw`${VARIED}[\ufe00-\ufe0f]`,
  String.raw`\p{Ideographic}[\u{e0100}-\u{e01ef}]`,
  String.raw`${MONGOLIAN}[\u180b-\u180f]`,
  String.raw`${MONGOLIAN}[\u180b-\u180d\u180f]\u200d`,
  String.raw`${seen(String.raw`\p{L}\p{M}`)}\u034f(?=${seen(String.raw`\p{M}`)})`,
  // Fillers of Hangul in place of a consonant or a vowel.
  String.raw`\u115f(?=[\u1161-\u11a7])`,
  String.raw`[\u1100-\u115e]\u1160`,
];

/** A flag made of tags: that of England, Scotland, Wales, and other parts of countries. */
const TAG_FLAG = String.raw`\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}`;
const FLAG = '\u{1f3f4}';

const ANY_INVISIBLE = new RegExp(INVISIBLE, 'u');
const HIDDEN = new RegExp(`${TAG_FLAG}|${INVISIBLE}${PARTS.map((part) => `(?<!${part})`).join('')}`, 'gu');

/** Replaces each invisible character that is no part of what is seen. @param show its visible form. */
export function revealHidden(text: string, show: (character: string) => string): string {
  if (!ANY_INVISIBLE.test(text)) return text;
  return text.replace(HIDDEN, (found) => (found.startsWith(FLAG) ? found : show(found)));
}
