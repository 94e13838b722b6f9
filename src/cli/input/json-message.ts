/** Parses a message from a line of JSON: `{"to":"bob","body":"hello","id":"4f1c","re":"3e0b"}`; all but `body` are optional. Pure. */
import { isMessageId, isUserName, MESSAGE_ID_RULE } from '../../protocol/fields.js';
import { parseJsonObject } from '../../protocol/json-object.js';

interface JsonMessage {
  readonly to?: string;
  readonly body: string;
  readonly id?: string;
  /** The id of the message that it is about. */
  readonly re?: string;
}

/** `problem` completes a sentence that begins with "the line". */
export function parseJsonMessage(text: string): JsonMessage | { readonly problem: string } {
  const parsed = parseJsonObject(text);
  if ('problem' in parsed) return parsed;
  const { to, body, id, re, ...rest } = parsed.value;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return { problem: `has an unknown field: ${unknown}` };
  if (typeof body !== 'string') return { problem: 'has no body' };
  if (!body.isWellFormed()) return { problem: 'has half of a surrogate pair in its body' };
  if (to !== undefined && !(typeof to === 'string' && isUserName(to)))
    return { problem: 'has no valid user name in to' };
  if (id !== undefined && !(typeof id === 'string' && isMessageId(id))) {
    return { problem: `has an id that is not ${MESSAGE_ID_RULE}` };
  }
  if (re !== undefined && !(typeof re === 'string' && isMessageId(re))) {
    return { problem: `has a re that is not an id: ${MESSAGE_ID_RULE}` };
  }
  return {
    body,
    ...(to !== undefined && { to }),
    ...(id !== undefined && { id }),
    ...(re !== undefined && { re }),
  };
}
