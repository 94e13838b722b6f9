/** A user lists the own devices, or removes one. Those of others are for operators. */
import { errorFrame } from '../../protocol/error-frames.js';
import { WIRE } from '../../protocol/limits.js';
import type { Handler } from '../handler.js';

export const devices: Handler<'devices'> = async ({ id, user: asked, remove }, { auth }, { accounts, store }) => {
  const user = asked ?? auth.identity.user;
  if (user !== auth.identity.user && auth.mode !== 'operate') return { replies: [errorFrame('forbidden', { id })] };
  if ((await accounts.find([user])).length === 0) return { replies: [errorFrame('unknown-user', { id, to: user })] };
  if (remove !== undefined && !(await store.removeDevice(user, remove)))
    return { replies: [errorFrame('invalid', { id, field: 'remove' })] };

  const [known, { last }] = await Promise.all([store.devices(user), store.inspect(user)]);
  const listed = known.slice(0, WIRE.maxDevicesPerFrame).map(({ device, delivered, seenAt, isOnline, agent }) => ({
    ...{ device, behind: last - delivered, seenAt, online: isOnline },
    ...(agent !== undefined && { agent }),
  }));
  return {
    replies: [{ type: 'devices', id, devices: listed }],
    ...(remove !== undefined && { notices: [{ user, notice: { type: 'device-removed', device: remove } }] }),
  };
};
