/** Strings as JSON: what JSON.stringify does, at half the cost for text in which nothing has to be escaped. */

/** Quote, backslash, control characters; and surrogates, which may be lone ones. */
const MAY_NEED_ESCAPES = /["\\\u0000-\u001f\ud800-\udfff]/;

export const quoteJson = (text: string): string => (MAY_NEED_ESCAPES.test(text) ? JSON.stringify(text) : `"${text}"`);
