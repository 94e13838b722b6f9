/** Formats errors for people: any thrown value becomes a Failure, and a Failure at most three lines. */
import { inspect } from 'node:util';
import { errorCode } from '../../disk/disk-errors.js';
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import { isParserError, usageFailure } from './usage-errors.js';

export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof Error && isParserError(thrown)) return usageFailure(thrown);
  const what = thrown instanceof Error ? thrown.message : inspect(thrown);
  if (['ENOSPC', 'EDQUOT'].includes(errorCode(thrown) ?? ''))
    return new Failure('unexpected', what, { next: 'free some disk space, and run it again', cause: thrown });
  return new Failure('unexpected', what, {
    why: 'this error is unexpected: it may be a bug in im',
    next: 'run it again with DEBUG=im, and report the output',
    cause: thrown,
  });
}

/** What happened, why, and what to do next. Adds the stack when `debug` (the variable DEBUG) contains `im` or `*`. */
export function failureLines(failure: Failure, debug = ''): SafeText[] {
  const { message, why, next, cause } = failure;
  const lines = [safe`im: ${inline(message)}`];
  if (why !== undefined) lines.push(safe`    ${inline(why)}`);
  if (next !== undefined) lines.push(safe`    ${inline(next)}`);
  if (debug.split(/[\s,]+/).some((name) => name === 'im' || name === '*')) {
    const { stack = '' } = cause instanceof Error ? cause : failure;
    lines.push(...stack.split('\n').map(inline));
  }
  return lines;
}
