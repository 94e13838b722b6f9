/** Tells the user of a message while the terminal is not looked at: only where that was asked for. Pure. */
import { inline } from '../../text/safe-text.js';

export const NOTIFICATIONS = ['off', 'bell', 'desktop', 'desktop-text'] as const;
/** A bell; a notification of the desktop (OSC 9) that says from whom; or with the text, which others may then see. */
export type Notification = (typeof NOTIFICATIONS)[number];

const BELL = '\u0007';

/** The bytes for the terminal; empty when nothing is wanted. */
export function notificationOf(
  wanted: Notification,
  { from, body }: { readonly from: string; readonly body: string },
): string {
  switch (wanted) {
    case 'off':
      return '';
    case 'bell':
      return BELL;
    case 'desktop':
      return `\u001b]9;${inline(from)}${BELL}`;
    case 'desktop-text':
      return `\u001b]9;${inline(`${from}: ${body.slice(0, MAX_LENGTH)}`)}${BELL}`;
  }
}

const MAX_LENGTH = 120;
