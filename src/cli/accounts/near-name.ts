/** Finds the user whose name was probably meant. Pure. */
import leven from 'leven';

/** Edits that make a name another one by mistake, by its length: short names differ by a letter on purpose. */
const MAX_EDITS = [
  { length: 8, edits: 2 },
  { length: 4, edits: 1 },
] as const;

/** Shorter names are not compared. */
const MIN_LENGTH = 3;

/**
 * The name nearest to `name` that differs from it by a typo: one letter, two in long names, or two letters swapped. Names
 * that differ only in their digits (`ci-1`, `ci-2`) are different on purpose.
 */
export function nearName(name: string, known: Iterable<string>): string | undefined {
  let nearest: { readonly name: string; readonly edits: number } | undefined;
  for (const candidate of known) {
    const edits = typosBetween(name, candidate);
    if (edits !== undefined && edits < (nearest?.edits ?? Number.POSITIVE_INFINITY))
      nearest = { name: candidate, edits };
  }
  return nearest?.name;
}

/** Undefined: it is no typo. */
function typosBetween(a: string, b: string): number | undefined {
  const length = Math.min(a.length, b.length);
  if (a === b || length < MIN_LENGTH || withoutDigits(a) === withoutDigits(b)) return undefined;
  const edits = leven(a, b, { maxDistance: 3 });
  const allowed = MAX_EDITS.find((row) => length >= row.length)?.edits ?? 0;
  return edits <= allowed || (edits === 2 && sorted(a) === sorted(b)) ? edits : undefined;
}

const withoutDigits = (name: string): string => name.replace(/\d+/g, '0');
const sorted = (name: string): string => [...name].sort().join('');
