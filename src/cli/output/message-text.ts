/** Prints a received message: its sender and body, or one JSON object. */
import type { IncomingMessage } from '../../client/events.js';
import { block, inline, type SafeText, safe } from '../../text/safe-text.js';
import type { Output } from './output.js';

/** Resolves when it is written. */
export function printMessage(output: Output, message: IncomingMessage, heading = headingOf(message)): Promise<void> {
  if (output.json) return output.object({ event: 'message', ...message });
  const { columns } = output;
  const body = block(message.body, columns === undefined ? undefined : { columns, used: heading.length });
  return output.line(safe`${heading}${body}`);
}

/** `bob: `, or `bob (replay): `; of a copy of an own message `you to bob: `. */
export function headingOf({ from, replay, to }: IncomingMessage): SafeText {
  if (to !== undefined) return safe`you to ${inline(to)}: `;
  return replay === undefined ? safe`${inline(from)}: ` : safe`${inline(from)} (replay): `;
}
