/** Prints a received message: its sender and body, or one JSON object. */
import type { IncomingMessage } from '../../client/events.js';
import { block, columnsOf, inline, jsonLine, type SafeText, safe } from '../../text/safe-text.js';
import type { Output } from './output.js';

/** Resolves when it is written. */
export const printMessage = (output: Output, message: IncomingMessage, heading = headingOf(message)): Promise<void> =>
  output.line(messageText(output, message, heading));

/** The message as it is printed there: a line of JSON, or one or more lines of text. */
export function messageText(
  { json, columns }: Pick<Output, 'json' | 'columns'>,
  message: IncomingMessage,
  heading = headingOf(message),
): SafeText {
  if (json) return jsonLine({ event: 'message', ...message });
  const body = block(message.body, columns === undefined ? undefined : { columns, used: columnsOf(heading) });
  return safe`${heading}${body}`;
}

/** `bob: `, or `bob (replay): `; of a copy of an own message `you to bob: `. */
export function headingOf({ from, replay, to }: IncomingMessage): SafeText {
  if (to !== undefined) return safe`you to ${inline(to)}: `;
  return replay === undefined ? safe`${inline(from)}: ` : safe`${inline(from)} (replay): `;
}
