/** `im doctor`: looks whether everything is there that `im` needs. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { identityFlags, outputFlags, serverFlags, timeout } from '../src/cli/app/flags.js';
import { type Check, runChecks } from '../src/cli/doctor/doctor.js';
import { checkData } from '../src/cli/doctor/doctor-data.js';
import { checkIdentity } from '../src/cli/doctor/doctor-identity.js';
import { checkFolder, checkNode } from '../src/cli/doctor/doctor-machine.js';
import { checkClients } from '../src/cli/doctor/doctor-server.js';
import { exitCode } from '../src/cli/errors/exit-codes.js';
import { resolveTarget } from '../src/cli/login/target.js';
import { systemClock as clock } from '../src/io/clock.js';

export default class Doctor extends BaseCommand {
  static override summary = 'Look whether everything is there that im needs, and say what to do if not';
  static override description =
    'One line for each check: ok, warning or problem. Looks at Node, the folders and who may look into them, the room on the disk and how long it takes until a small write is really there (in a file of its own beside the data, which is removed), who holds the folders, the server, who you are there, and the clocks. Ends with 0 when there is no problem, else as the first one wants: 1 Node, 8 a folder or its disk, 3 the server is not reached, 4 the token.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --as bob --url wss://chat.example --token-file bob.token',
    '<%= config.bin %> <%= command.id %> --json | jq -r .state',
  ];
  static override flags = {
    timeout: timeout({ description: 'how long the server may take to answer; default: 5s', env: 'IM_TIMEOUT' }),
    ...identityFlags,
    ...serverFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const { timeout: timeoutMs = 5_000 } = flags;
    const output = this.output(flags.json);
    const { version, pjson, userAgent: agent } = this.config;
    const place = await resolveTarget(flags);
    const { folders, data } = place;
    const self = process.getuid?.();
    const ports = { stdin: process.stdin, output, clock, agent };
    const checks: Check[] = [
      async () => [checkNode(process.versions.node, pjson.engines?.node ?? '', version)],
      async () => [await checkFolder('config', folders.config, self)],
      async () => [await checkFolder('state', folders.state, self)],
      () => checkData(data, self, clock),
      () => checkClients(folders.state),
      () => checkIdentity(flags, place, timeoutMs, ports),
    ];
    this.exit(exitCode(await runChecks(checks, output)));
  }
}
