/** Builds `error` frames from the error table, so that a code always has the same text. */
import type { InvalidFrame } from './codec.js';
import { ERRORS, type ErrorCode } from './error-codes.js';
import type { ErrorFrame } from './frames/error.js';

/** What the error is about: the refused frame's own id and target, and the invalid field. */
interface ErrorTarget {
  readonly id?: string;
  readonly to?: string;
  readonly field?: string;
}

/** An `error` with the text and `retry` of this code. */
export function errorFrame(code: ErrorCode, target: ErrorTarget = {}): ErrorFrame {
  const { retry, description } = ERRORS[code];
  return { type: 'error', code, message: description, retry, ...target };
}

/** The answer to a frame of a known type with an invalid field. The frame has no other effect. */
export function invalidFieldError({ code, field, id, to, frame }: InvalidFrame): ErrorFrame {
  const message = code === 'invalid' ? `${frame}.${field} is missing or wrong` : ERRORS[code].description;
  return { type: 'error', code, message, retry: false, field, ...(id && { id }), ...(to && { to }) };
}
