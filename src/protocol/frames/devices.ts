/** `devices`: a user lists the own devices, or removes one; an operator those of any user. */
import { boolean, integer, list, messageId, object, optional, text, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { WIRE } from '../limits.js';

/** Client → server. */
export const devices = defineFrame('devices', {
  id: messageId(),
  /** Whose; default: those of the session's user. Those of others only in mode `operate`. */
  user: optional(userName()),
  /** The device to remove. Its session ends; if it comes back, it is a new device. */
  remove: optional(userName()),
});
export type Devices = FrameOf<typeof devices>;

/** Server → client: the devices that there are now, by name. */
export const devicesReply = defineFrame('devices', {
  id: messageId(),
  devices: list(
    object({
      device: userName(),
      /** How many messages in the mailbox it has not acked. */
      behind: integer(0),
      /** When it was last here, ms since 1970; 0 if that is not known. */
      seenAt: integer(0),
      /** Whether it has a session now. */
      online: boolean(),
      /** The name and version of its client. */
      agent: optional(text(128)),
    }),
    WIRE.maxDevicesPerFrame,
    0,
  ),
});
export type DevicesReply = FrameOf<typeof devicesReply>;
