/** Counts with their noun: `1 message`, `2 messages`. Pure. */
import type { SafeText } from './safe-text.js';

/** @param noun the singular, in ASCII: `message`, `mailbox`. */
export const plural = (count: number, noun: string): SafeText =>
  `${count} ${count === 1 ? noun : pluralOf(noun)}` as SafeText;

const pluralOf = (noun: string): string => (/(s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`);
