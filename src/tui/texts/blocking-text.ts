/** What became of a request to block a user, in the user's language. Pure. */
import type { BlockingRequest, BlockingResult } from '../../client/api/blocking.js';
import { inline, type SafeText } from '../../text/safe-text.js';
import type { Texts } from './en.js';

export function blockingText({ action, name = '' }: BlockingRequest, result: BlockingResult, texts: Texts): SafeText {
  if (!result.isDone) return texts.problems.notDone(texts.reasons.refusal(result.problem));
  return texts.results.blocking({ action, name: inline(name), blocked: result.blocked.map(inline) });
}
