/** A home where examples are run: `im` is on the PATH, and what else they use of a machine is played by a few lines of shell. */
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeHome, PROGRAM, type Scope } from '../harness/process.js';

export interface Sandbox {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where programs lie. */
  readonly bin: string;
}

/** What a machine may not have, or should not do in a test: each prints what it was asked for. */
const PLAYED: Readonly<Record<string, string>> = {
  // Only `jq [-r] .name`.
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
  // As npm installs it.
  await symlink(PROGRAM, join(bin, 'im'));
  await symlink(process.execPath, join(bin, 'node'));
  for (const [name, script] of Object.entries(PLAYED)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return { home, env, bin };
}
