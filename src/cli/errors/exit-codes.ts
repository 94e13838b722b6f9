/** The exit codes: one table for the code, the help and the docs. Frozen, since scripts rely on them. */

export const EXIT_CODES = {
  done: { code: 0, description: 'done (with --wait delivered: delivered)' },
  unexpected: { code: 1, description: 'unexpected error' },
  usage: { code: 2, description: 'wrong usage: nothing was done' },
  'not-stored': {
    code: 3,
    description: 'not stored: unreachable, or timed out before "stored"; safe to repeat with the same id',
  },
  'credential-refused': { code: 4, description: 'credential missing or refused' },
  'not-delivered': { code: 5, description: 'stored, but not delivered or answered in time: do not send again' },
  refused: {
    code: 6,
    description:
      'refused by the server (unknown user, blocked, too large, id conflict, mailbox full, too late to unsend)',
  },
  replaced: { code: 7, description: 'replaced by a newer login of the same device, or the device was removed' },
  'data-unusable': { code: 8, description: 'data folder or database unusable (locked, damaged, newer format)' },
  interrupted: { code: 130, description: 'ended by SIGINT (Ctrl+C)' },
  terminated: { code: 143, description: 'ended by SIGTERM' },
} as const satisfies Record<string, { readonly code: number; readonly description: string }>;

export type Exit = keyof typeof EXIT_CODES;

export const exitCode = (exit: Exit): number => EXIT_CODES[exit].code;

/** The table for `im help exit-codes`: one code per line. */
export const exitCodeLines = (): string[] =>
  Object.values(EXIT_CODES).map(({ code, description }) => `${String(code).padStart(3)}  ${description}`);
