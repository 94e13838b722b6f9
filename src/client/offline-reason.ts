/** Why a connection was lost, as text for people. Pure. */

/** By the error codes of the system, which appear within longer texts. */
const TEXTS = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'there is no network',
} as const;

export type SystemCode = keyof typeof TEXTS;

/** The code of the system in the reason of a lost connection; undefined when there is none that is known. */
export function systemCode(detail: string): SystemCode | undefined {
  const [code = ''] = /\b(?:E[A-Z]+|EAI_AGAIN)\b/.exec(detail) ?? [];
  return Object.hasOwn(TEXTS, code) ? (code as SystemCode) : undefined;
}

/** More about a lost connection for people, without the code at its end. */
export const withoutCode = (detail: string): string => detail.replace(TLS_CODE, '');

/** Without the address of the server, which the user knows. */
export function offlineReason({ reason, detail }: { readonly reason: string; readonly detail: string }): string {
  const code = systemCode(detail);
  if (code !== undefined) return TEXTS[code];
  return detail === '' ? reason : withoutCode(detail);
}

/** A TLS error ends with its code. */
const TLS_CODE = / \(([A-Z_]+)\)$/;

/** Why a server was refused, mostly for its certificate: in few words, and what to do about it. */
const REFUSED = {
  trust: {
    brief: 'certificate not trusted',
    advice: 'if it is the right one, trust it, or who signed it: --ca FILE',
  },
  expired: {
    brief: 'certificate expired',
    advice: 'its operator has to renew it, and to restart the server; is the clock of this machine right?',
  },
  early: { brief: 'certificate not valid yet', advice: 'is the clock of this machine right?' },
  name: {
    brief: 'certificate is for another name',
    advice: 'use a name that it is for: --url; or have one made for this name',
  },
  proof: {
    brief: 'not your server',
    advice: 'end what listens there, then im serve; or name another server: --url',
  },
  tls: { brief: 'no TLS there', advice: 'without TLS the address begins with ws://' },
} as const;

export type ServerRefusal = keyof typeof REFUSED;

const BY_CODE: Readonly<Record<string, ServerRefusal>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'trust',
  SELF_SIGNED_CERT_IN_CHAIN: 'trust',
  UNABLE_TO_GET_ISSUER_CERT: 'trust',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'trust',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'early',
  ERR_TLS_CERT_ALTNAME_INVALID: 'name',
  NOT_PROVEN: 'proof',
  EPROTO: 'tls',
};

/** Why the server was refused; undefined for any other reason. */
export const serverRefusal = (detail: string | undefined): ServerRefusal | undefined =>
  BY_CODE[TLS_CODE.exec(detail ?? '')?.[1] ?? ''];

/** What to do when the server was refused, mostly for its certificate; undefined for any other reason. */
export function certificateAdvice(detail: string | undefined): string | undefined {
  const refusal = serverRefusal(detail);
  return refusal && REFUSED[refusal].advice;
}

/** `offlineReason` in few words, where it is a sentence; for a status line. */
export function briefOfflineReason(loss: Parameters<typeof offlineReason>[0]): string {
  const refusal = serverRefusal(loss.detail);
  return refusal ? REFUSED[refusal].brief : offlineReason(loss);
}
