/** `im devices remove`: removes a device of a user. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { commonFlags, deviceArg, userFlag } from '../../src/cli/app/flags.js';
import { removeDevice } from '../../src/cli/devices/devices.js';

export default class DevicesRemove extends BaseCommand {
  static override summary = 'Remove a device of a user';
  static override description =
    'Its session is logged out at once, and its place in the mailbox is forgotten; messages that other devices have not got either stay. If it logs in again, it is a new device. To keep it out, revoke its token: im user token revoke.';
  static override examples = ['<%= config.bin %> <%= command.id %> phone --of alice'];
  static override args = { device: deviceArg({ description: 'the device to remove', required: true }) };
  static override flags = {
    of: userFlag({ description: 'whose device; default: yours', env: 'IM_DEVICES_REMOVE_OF' }),
    ...commonFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DevicesRemove);
    await removeDevice(args.device, flags.of, flags, this.output(flags.json));
  }
}
