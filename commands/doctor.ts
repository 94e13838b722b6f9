/** `im doctor`: checks that everything `im` needs is there and works. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { commonFlags, timeout } from '../src/cli/app/flags.js';
import { type Check, type Finding, runChecks } from '../src/cli/doctor/doctor.js';
import { checkData } from '../src/cli/doctor/doctor-disk.js';
import { checkIdentity } from '../src/cli/doctor/doctor-identity.js';
import { checkClients, checkFolder, checkNode } from '../src/cli/doctor/doctor-machine.js';
import { checkCertificate, checkTlsFiles } from '../src/cli/doctor/doctor-tls.js';
import { exitCode } from '../src/cli/errors/exit-codes.js';
import { noStore, resolveTarget, type Target } from '../src/cli/login/target.js';

export default class Doctor extends BaseCommand {
  static override summary = 'Check everything that im needs, and say how to fix what is wrong';
  static override description =
    `Prints one line for each check: ok, warning or problem. It checks Node, the folders, their disk and who uses them, whether im serve would start, the server and its certificate, your user and token, and the clocks.

Exits with 0 if there is no problem, else with the code of the first one: 1 Node, 8 a folder or its disk, 3 the server cannot be reached, 4 the token.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --as bob --url wss://chat.example --token-file bob.token',
    '<%= config.bin %> <%= command.id %> --json | jq -r .state',
  ];
  static override flags = {
    timeout: timeout({ description: 'how long to wait for the server; default: 5s', env: 'IM_TIMEOUT' }),
    ...commonFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const { timeout: timeoutMs = 5_000 } = flags;
    const output = this.output(flags.json);
    const { version, pjson, userAgent: agent } = this.config;
    let isReadable = true;
    const target = await resolveTarget(flags, () => {
      isReadable = false; // checkData says why
    });
    const { folders, data } = target;
    const uid = process.getuid?.();
    const checks: Check[] = [
      async () => [checkNode(process.versions.node, pjson.engines?.node ?? '', version)],
      async () => [await checkFolder('config', folders.config, uid)],
      async () => [await checkFolder('state', folders.state, uid)],
      () => checkData(data, uid),
      () => checkTlsFiles(process.env),
      () => checkClients(folders.state),
      ...(target.lacksStore ? [async () => [missingStore(target)]] : []),
      // Which server is meant would only be known from the folder.
      ...(isReadable && !target.lacksStore
        ? [
            () => checkIdentity(flags, target, timeoutMs, agent, output),
            () => checkCertificate(target.server.url, timeoutMs),
          ]
        : []),
    ];
    this.exit(exitCode(await runChecks(checks, output)));
  }
}

function missingStore({ data, folders }: Target): Finding {
  const { message, next, exit } = noStore(data, folders);
  return { check: 'store', state: 'problem', message, next, exit };
}
