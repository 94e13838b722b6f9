/** Makes `error` frames from the error table, so that the same code always reads the same. */
import type { InvalidFrame } from './codec.js';
import { ERRORS, type ErrorCode } from './error-codes.js';
import type { ErrorFrame } from './frames/error.js';

/** Where it happened: the refused frame's own id and target, and the culprit field. */
interface ErrorTarget {
  readonly id?: string;
  readonly to?: string;
  readonly field?: string;
}

export function errorFrame(code: ErrorCode, address: ErrorTarget = {}): ErrorFrame {
  const { retry, description } = ERRORS[code];
  return { type: 'error', code, message: description, retry, ...address };
}

/** The answer to a frame of a known type whose fields are wrong. It had no other effect. */
export function invalidFieldError({ code, field, id, to, frame }: InvalidFrame): ErrorFrame {
  const message = code === 'invalid' ? `${frame}.${field} is missing or wrong` : ERRORS[code].description;
  return { type: 'error', code, message, retry: false, field, ...(id && { id }), ...(to && { to }) };
}
