/** Why a chat has ended by itself, as a failure in the user's language. */
import type { ClientEnd } from '../../client/api/client.js';
import type { Texts } from '../../tui/texts/en.js';
import { chatFailure } from '../errors/client-failure.js';
import { Failure } from '../errors/failure.js';

export function chatEnd(end: ClientEnd, user: string, device: string, { reasons }: Texts): Failure {
  const english = chatFailure(end, user, device);
  const { message, why, next } = reasons.end({ reason: end.reason, user, device }, english);
  return message === english.message
    ? english
    : new Failure(english.exit, message, { why, next, cause: english.cause });
}
