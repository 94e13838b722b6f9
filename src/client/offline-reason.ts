/** Why a connection is gone, in words. Pure. */

/** What the system calls it, inside longer messages. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'there is no network',
};

/** What is known of the loss, as people say it: without the address, which they know. */
export function offlineReason({ reason, detail }: { readonly reason: string; readonly detail: string }): string {
  const code = /\b(?:E[A-Z]+|EAI_AGAIN)\b/.exec(detail)?.[0] ?? '';
  return WORDS[code] ?? (detail === '' ? reason : detail);
}
