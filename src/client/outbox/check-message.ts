/** Checks whether a message can be sent, so that the caller gets the error and the server need not refuse it. */
import { encode } from '../../protocol/codec.js';
import { isMessageId, isUserName, MESSAGE_ID_RULE, utf8Bytes } from '../../protocol/fields.js';
import { WIRE } from '../../protocol/limits.js';

/** The message can never be sent as it is; `field` is the invalid one. */
export class Unsendable extends RangeError {
  override readonly name = 'Unsendable';
  constructor(
    readonly field: 'to' | 'id' | 're' | 'body',
    readonly code: 'invalid' | 'too-large',
    message: string,
  ) {
    super(message);
  }
}

/** As long as an id that the client makes. */
const OWN_ID = '-'.repeat(36);

/** `id`: chosen by the caller; undefined: the client makes one. */
interface MessageToCheck {
  readonly to: string;
  readonly id: string | undefined;
  readonly body: string;
  readonly re: string | undefined;
}

/**
 * The size of the body in bytes of UTF-8.
 * @param maxBodyBytes the limit that the server announced in `welcome`; before the first one that of the protocol.
 * @throws Unsendable
 */
export function checkSendable({ to, id, body, re }: MessageToCheck, maxBodyBytes: number): number {
  if (!isUserName(to)) throw new Unsendable('to', 'invalid', `not the name of a user: ${JSON.stringify(to)}`);
  if (id !== undefined && !isMessageId(id)) throw new Unsendable('id', 'invalid', `an id is ${MESSAGE_ID_RULE}`);
  if (re !== undefined && !isMessageId(re)) throw new Unsendable('re', 'invalid', `re is an id: ${MESSAGE_ID_RULE}`);
  if (!body.isWellFormed()) throw new Unsendable('body', 'invalid', 'the body has half a surrogate pair');
  const bytes = Buffer.byteLength(body);
  if (bytes > maxBodyBytes) throw new Unsendable('body', 'too-large', tooLargeText(bytes, maxBodyBytes));
  // A control character takes six bytes in JSON.
  const about = re === undefined ? undefined : { re };
  const encoded =
    bytes * 6 > WIRE.maxMessageBytes / 2
      ? utf8Bytes(encode({ type: 'message', id: id ?? OWN_ID, to, body, ...about }))
      : 0;
  if (encoded > WIRE.maxMessageBytes) {
    const problem = `the message has ${encoded} bytes as JSON, at most ${WIRE.maxMessageBytes} can be sent`;
    throw new Unsendable('body', 'too-large', problem);
  }
  return bytes;
}

/** Why a body is too large, for people. */
export const tooLargeText = (bytes: number, maxBodyBytes: number): string =>
  `the body has ${bytes} bytes of UTF-8, at most ${maxBodyBytes} can be sent`;
