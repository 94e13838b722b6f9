/** One line of JSON as an object. Pure. */

/** `problem` completes a sentence that begins with "the line". */
export function parseJsonObject(
  text: string,
): { readonly value: Readonly<Record<string, unknown>> } | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'is not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: 'is not a JSON object' };
  return { value: value as Readonly<Record<string, unknown>> };
}
