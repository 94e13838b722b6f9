/** Quotes strings as JSON: the same as JSON.stringify, at half the cost when nothing has to be escaped. */

/** Quotes, backslashes and control characters; and surrogates, because a lone one has to be escaped. */
const MAY_NEED_ESCAPES = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Whether JSON of this text only puts quotes around it. May be false although it does. */
export const isPlainText = (text: string): boolean => !MAY_NEED_ESCAPES.test(text);

export const quoteJson = (text: string): string => (isPlainText(text) ? `"${text}"` : JSON.stringify(text));

/**
 * Whether nothing in any string of this text needs an escape: then JSON.stringify of such a string only puts quotes around it.
 * Valid JSON has no bare quotes and control characters in a string, so that without a backslash there are none; a lone surrogate
 * is no well-formed text. One search for a whole package is much cheaper than one for each string.
 * @param json valid JSON, decoded from UTF-8.
 */
export const needsNoEscapes = (json: string): boolean => !json.includes('\\');
