/** A home in which examples are run: `im` is on the PATH, and other programs are replaced by shell scripts. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
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

/** Where there is no curl. Knows what the pages use: -sS -f -H -d --data-binary -w, and --retry, which it does not need. */
const CURL = `exec node -e '
  const { readFileSync } = require("fs");
  const [headers, given] = [[], process.argv.slice(1)];
  let body, format = "", fails = false, url;
  while (given.length > 0) {
    const word = given.shift();
    if (word === "-f") fails = true;
    else if (word === "--retry") given.shift();
    else if (word === "-w") format = given.shift();
    else if (word === "-H") headers.push(given.shift().replace(/^@(.*)/, (_, path) => readFileSync(path, "utf8").trim()));
    else if (word === "-d" || word === "--data-binary") body = given.shift().replace(/^@-$/, () => readFileSync(0, "utf8"));
    else if (!word.startsWith("-")) url = word;
  }
  const answer = async () => {
    const pairs = headers.map((line) => line.split(/: */));
    const response = await fetch(url, { method: "POST", headers: [["content-type", "application/x-www-form-urlencoded"], ...pairs], body });
    if (fails && response.status >= 400) {
      console.error("curl: (22) The requested URL returned error: " + response.status);
      process.exit(22);
    }
    const text = await response.text();
    process.stdout.write(text + format.replace("%{http_code}", response.status).replace("\\\\n", "\\n"));
  };
  answer();
' -- "$@"`;

const hasCurl = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'curl')));

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
  for (const [name, script] of Object.entries({ ...FAKES, ...(!hasCurl && { curl: CURL }) })) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return { home, env, bin };
}
