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
  return TEXTS[code] ?? (detail === '' ? reason : detail.replace(TLS_CODE, ''));
}

/** A TLS error ends with its code. */
const TLS_CODE = / \(([A-Z_]+)\)$/;

const TRUST = {
  brief: 'certificate not trusted',
  advice: 'if it is the right one, trust it, or who signed it: --ca FILE',
};

/** A server that is refused, mostly for its certificate, by the code of the error: why in few words, and what to do about it. */
const REFUSED: Readonly<Record<string, { readonly brief: string; readonly advice: string }>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: TRUST,
  SELF_SIGNED_CERT_IN_CHAIN: TRUST,
  UNABLE_TO_GET_ISSUER_CERT: TRUST,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: TRUST,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: TRUST,
  CERT_HAS_EXPIRED: {
    brief: 'certificate expired',
    advice: 'its operator has to renew it, and to restart the server; is the clock of this machine right?',
  },
  CERT_NOT_YET_VALID: { brief: 'certificate not valid yet', advice: 'is the clock of this machine right?' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    brief: 'certificate is for another name',
    advice: 'use a name that it is for: --url; or have one made for this name',
  },
  NOT_PROVEN: {
    brief: 'not your server',
    advice: 'end what listens there, then im serve; or name another server: --url',
  },
  EPROTO: { brief: 'no TLS there', advice: 'without TLS the address begins with ws://' },
};

const refusedIn = (detail: string | undefined) => REFUSED[TLS_CODE.exec(detail ?? '')?.[1] ?? ''];

/** What to do when the server was refused, mostly for its certificate; undefined for any other reason. */
export const certificateAdvice = (detail: string | undefined): string | undefined => refusedIn(detail)?.advice;

/** `offlineReason` in few words, where it is a sentence; for a status line. */
export const briefOfflineReason = (loss: Parameters<typeof offlineReason>[0]): string =>
  refusedIn(loss.detail)?.brief ?? offlineReason(loss);
