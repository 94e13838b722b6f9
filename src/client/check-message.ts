/** Whether a message can be sent at all: checked where it is made, so that no server has to refuse it. */
import { encode } from '../protocol/codec.js';
import { isMessageId, isUserName, MESSAGE_ID_RULE, utf8Bytes } from '../protocol/field-types.js';
import { WIRE } from '../protocol/limits.js';

/** What makes a message unsendable for ever. `field` names the culprit. */
export class Unsendable extends RangeError {
  override readonly name = 'Unsendable';
  constructor(
    readonly field: 'to' | 'id' | 'body',
    readonly code: 'invalid' | 'too-large',
    message: string,
  ) {
    super(message);
  }
}

/** The body's size as UTF-8. @throws Unsendable */
export function checkSendable(to: string, id: string, body: string): number {
  if (!isUserName(to)) throw new Unsendable('to', 'invalid', `not the name of a user: ${JSON.stringify(to)}`);
  if (!isMessageId(id)) {
    throw new Unsendable('id', 'invalid', `an id is ${MESSAGE_ID_RULE}`);
  }
  if (!body.isWellFormed()) throw new Unsendable('body', 'invalid', 'the body has half a surrogate pair');
  const bytes = utf8Bytes(body);
  if (bytes > WIRE.maxBodyBytes) {
    throw new Unsendable('body', 'too-large', `the body has ${bytes} bytes of UTF-8, ${WIRE.maxBodyBytes} can be sent`);
  }
  // A control character takes six bytes in JSON.
  const escaped = bytes * 6 > WIRE.maxMessageBytes / 2 ? utf8Bytes(encode({ type: 'message', id, to, body })) : 0;
  if (escaped > WIRE.maxMessageBytes) {
    const problem = `the body has so many control characters that it takes ${escaped} bytes of JSON`;
    throw new Unsendable('body', 'too-large', `${problem}, ${WIRE.maxMessageBytes} can be sent`);
  }
  return bytes;
}
