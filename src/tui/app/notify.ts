/** Terminal notifications for unread messages. Pure. */
import { inline } from '../../text/safe-text.js';

export const NOTIFICATIONS = ['off', 'bell', 'desktop', 'desktop-text'] as const;
/** None; a bell; a desktop notification (OSC 9) with the sender; or one with the text, which bystanders may read. */
export type Notification = (typeof NOTIFICATIONS)[number];

const BELL = '\u0007';

/** UTF-16 units of a message in a notification. */
const MAX_TEXT_LENGTH = 120;

/** Bytes for the terminal; empty for `off`. The message is escaped (R18). */
export function notificationBytes(
  notification: Notification,
  { from, body }: { readonly from: string; readonly body: string },
): string {
  switch (notification) {
    case 'off':
      return '';
    case 'bell':
      return BELL;
    case 'desktop':
      return `\u001b]9;${inline(from)}${BELL}`;
    case 'desktop-text':
      return `\u001b]9;${inline(`${from}: ${body.slice(0, MAX_TEXT_LENGTH)}`)}${BELL}`;
  }
}
