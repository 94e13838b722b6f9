/** What tells of unread messages outside of the screen: notifications, and the title of the window. Pure. */
import { inline } from '../../text/safe-text.js';

export const NOTIFICATIONS = ['off', 'bell', 'desktop', 'desktop-text'] as const;
/** None; a bell; a desktop notification (OSC 9) with the sender; or one with the text, which bystanders may read. */
export type Notification = (typeof NOTIFICATIONS)[number];

const BELL = '\u0007';

/** UTF-16 units of a message in a notification. */
const MAX_TEXT_LENGTH = 120;

/** A program between this one and the terminal, which swallows notifications. */
export type Multiplexer = 'tmux' | 'screen';

/** Bytes for the terminal; empty for `off`. The message is escaped (R18). */
export function notificationBytes(
  notification: Notification,
  { from, body }: { readonly from: string; readonly body: string },
  multiplexer?: Multiplexer,
): string {
  switch (notification) {
    case 'off':
      return '';
    case 'bell':
      return BELL;
    case 'desktop':
      return desktopBytes(from, multiplexer);
    case 'desktop-text':
      return desktopBytes(`${from}: ${body.slice(0, MAX_TEXT_LENGTH)}`, multiplexer);
  }
}

/** The title of the window (OSC 2): `(2) alice - im`, with the number of unread messages. */
export function titleBytes(me: string, unread: number): string {
  return `\u001b]2;${unread > 0 ? `(${unread}) ` : ''}${inline(me)} - im${BELL}`;
}

/** OSC 9. tmux passes it on if it is allowed to (`allow-passthrough`), and nothing tells: the bell comes in any case. */
function desktopBytes(text: string, multiplexer: Multiplexer | undefined): string {
  const notification = `\u001b]9;${inline(text)}${BELL}`;
  switch (multiplexer) {
    case undefined:
      return notification;
    case 'tmux':
      return `\u001bPtmux;\u001b${notification}\u001b\\${BELL}`;
    case 'screen':
      return BELL;
  }
}
