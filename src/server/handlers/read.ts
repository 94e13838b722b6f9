/** The user has read messages on one device: tells the others. */
import type { Handler } from '../handler.js';

export const read: Handler<'read'> = ({ from, epoch, seq }, { auth }) => ({
  notices: [{ user: auth.identity.user, notice: { type: 'read', device: auth.device, from, epoch, seq } }],
});
