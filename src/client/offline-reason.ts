/** Why a connection was lost, as text for people. Pure. */

/** By the error codes of the system, which appear within longer texts. */
const TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'there is no network',
};

/** Without the address of the server, which the user knows. */
export function offlineReason({ reason, detail }: { readonly reason: string; readonly detail: string }): string {
  const code = /\b(?:E[A-Z]+|EAI_AGAIN)\b/.exec(detail)?.[0] ?? '';
  return TEXTS[code] ?? (detail === '' ? reason : detail);
}
