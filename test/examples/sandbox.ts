/** A home in which examples are run: `im` is on the PATH, and other programs are replaced by shell scripts. */
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeHome, PROGRAM, type Scope } from '../harness/process.js';

export interface Sandbox {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** The folder of the programs, on the PATH. */
  readonly bin: string;
}

/** Programs that a machine may not have, or that must not run in a test: each prints its arguments. */
const FAKES: Readonly<Record<string, string>> = {
  // Supports only `jq [-r] .name`.
  jq: `exec node -e '
    const path = process.argv.at(-1).slice(1);
    for (const line of require("fs").readFileSync(0, "utf8").trim().split("\\n")) console.log(JSON.parse(line)[path]);
  ' -- "$@"`,
  logger: 'echo "logger: $*"',
  make: 'echo "make: nothing to be done for $*"',
  'notify-send': 'echo "notify-send: $*"',
};

export async function makeSandbox(t: Scope): Promise<Sandbox> {
  const { HOME: root } = (await makeHome(t)) as { HOME: string };
  const [home, bin] = [join(root, 'you'), join(root, 'bin')];
  await mkdir(home);
  await mkdir(bin);
  const env = {
    HOME: home,
    PATH: `${bin}:${process.env.PATH}`,
    IM_USER: 'you',
    IM_SERVE_PORT: '0',
  };
  // Symbolic links, as npm installs them.
  await symlink(PROGRAM, join(bin, 'im'));
  await symlink(process.execPath, join(bin, 'node'));
  for (const [name, script] of Object.entries(FAKES)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return { home, env, bin };
}
