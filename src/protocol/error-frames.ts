/** Makes `error` frames from the error table, so that the same code always reads the same. */
import type { Refused } from './codec.js';
import { ERRORS, type ErrorCode } from './error-codes.js';
import type { ErrorFrame } from './frames/error.js';

/** Where it happened: the refused frame's own id and target, and the culprit field. */
export interface RefusalAddress {
  readonly id?: string;
  readonly to?: string;
  readonly field?: string;
}

export function refuse(code: ErrorCode, address: RefusalAddress = {}): ErrorFrame {
  const { retry, says } = ERRORS[code];
  return { type: 'error', code, message: says, retry, ...address };
}

/** The answer to a frame of a known type whose fields are wrong. It had no other effect. */
export function refuseFields({ code, field, id, to, frame }: Refused): ErrorFrame {
  const message = code === 'invalid' ? `${frame}.${field} is missing or wrong` : ERRORS[code].says;
  return { type: 'error', code, message, retry: false, field, ...(id && { id }), ...(to && { to }) };
}
