/** Why a message is refused for now and stays queued, as text for people. Pure. */
import type { ErrorFrame } from '../protocol/frames/error.js';

/** @param to the recipient of the message. */
export const delayReason = ({ code, message }: Pick<ErrorFrame, 'code' | 'message'>, to: string): string =>
  code === 'mailbox-full' ? `${to}'s mailbox is full until ${to} connects` : message;
