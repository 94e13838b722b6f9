/** `im devices`: lists the devices of a user, and removes one. */
import { type DeviceEntry, type OperatorOptions, OperatorRefused, operate } from '../../client/api/operator-client.js';
import { systemClock as clock } from '../../io/clock.js';
import { realFiles } from '../../io/files.js';
import { inline, safe } from '../../text/safe-text.js';
import { Failure, translateErrors } from '../errors/failure.js';
import { operatorFailure } from '../errors/operator-failure.js';
import { unknownUser } from '../errors/unknown-user.js';
import { findUser } from '../login/identity.js';
import type { LoginFlags } from '../login/login.js';
import { operatorLogin } from '../login/operator-login.js';
import { isServed, requireStore, resolveTarget } from '../login/target.js';
import type { Output } from '../output/output.js';
import { printList } from '../output/table.js';
import { formatAge } from '../output/timestamps.js';

const COLUMNS = [
  { heading: 'DEVICE' },
  { heading: 'SEEN', isNumber: true },
  { heading: 'BEHIND', isNumber: true },
  { heading: 'CLIENT' },
];

/** @param given whose; undefined: the own ones. Without a server they are read from the data folder. @throws Failure */
export async function listDevices(given: string | undefined, flags: LoginFlags, output: Output): Promise<void> {
  const listed = await request(given, undefined, flags, output);
  if (listed.devices.length === 0 && !output.json)
    output.note(safe`im: ${inline(listed.user)} has no devices: there is one from the first login on`);
  const now = clock.now();
  await printList(output, COLUMNS, listed.devices, {
    toObject: ({ device, behind, seenAt, online, agent }) => ({
      user: listed.user,
      device,
      behind,
      seenAt,
      online,
      agent,
    }),
    toRow: ({ device, behind, seenAt, online, agent = '-' }) => [
      inline(device),
      online ? safe`now` : seenAt === 0 ? safe`-` : formatAge(now - seenAt),
      safe`${behind}`,
      inline(agent),
    ],
  });
}

/** @throws Failure `refused` when there is no such device. */
export async function removeDevice(
  device: string,
  user: string | undefined,
  flags: LoginFlags,
  output: Output,
): Promise<void> {
  const removed = await request(user, device, flags, output);
  if (output.json) await output.object({ user: removed.user, device, removed: true });
  else {
    output.note(safe`im: removed the device ${inline(device)} of ${inline(removed.user)}`);
    output.note(safe`    with a token it can log in again: im user token revoke, or im user rotate, keeps it out`);
  }
}

interface UserDevices {
  readonly user: string;
  readonly devices: readonly DeviceEntry[];
}

/** On the server of this account an operator asks, elsewhere the user, or for another user an operator. */
async function request(
  given: string | undefined,
  remove: string | undefined,
  flags: LoginFlags,
  output: Output,
): Promise<UserDevices> {
  const target = await resolveTarget(flags);
  requireStore(target);
  const own = findUser(flags.as ?? target.profile.user);
  const user = given ?? own;
  if (remove === undefined && !isServed(target)) return { user, devices: await readFolder(user, target.data) };
  const isOwn = target.isElsewhere && user === own;
  const login: OperatorOptions = {
    ...(await operatorLogin(flags, target, output)),
    ...(isOwn && { mode: 'send' as const }),
  };
  const operator = operate(login);
  try {
    const explain = (error: unknown): unknown => {
      const isUnknown = error instanceof OperatorRefused && error.refusal.field === 'remove';
      if (!isUnknown) return operatorFailure(error, login, 'check with im devices');
      return new Failure('refused', `${user} has no device ${remove}`, {
        next: given === undefined ? 'im devices lists them' : `im devices ${user} lists them`,
        cause: error,
      });
    };
    const fields = { user, ...(remove !== undefined && { remove }) };
    return { user, devices: await translateErrors(explain, () => operator.devices(fields)) };
  } finally {
    await operator.close();
  }
}

/** Takes no lock and changes nothing (R19). @throws Failure */
async function readFolder(user: string, folder: string): Promise<readonly DeviceEntry[]> {
  const { readDevices } = await import('../../queue-admin/folder-queues.js'); // needed only without a server
  const { folderFailure, hasAccount } = await import('../queues/queue-reader.js');
  const read = () => readDevices({ files: realFiles, folder, user });
  const devices = await translateErrors((error) => folderFailure(error, folder), read);
  if (devices === undefined && !(await hasAccount(user, folder))) throw unknownUser(user);
  return devices ?? [];
}
