/** Starts Prosody with stream management, without TLS and without a log. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, startListening } from './listening.js';
import type { Server } from './rounds.js';
import { PAIRS } from './work.js';

const HOST = 'localhost';
const PASSWORD = 'bench';

const config = (port: number, folder: string) => `run_as_root = true
data_path = "${folder}"
pidfile = "${folder}/prosody.pid"
log = { error = "${folder}/prosody.err" }
interfaces = { "127.0.0.1" }
c2s_ports = { ${port} }
modules_enabled = { "saslauth", "smacks" }
modules_disabled = { "s2s", "tls" }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
storage = "internal"
VirtualHost "${HOST}"
`;

export async function startProsody(parent: string, program: string): Promise<Server> {
  const folder = join(parent, 'prosody');
  const accounts = join(folder, HOST, 'accounts');
  await mkdir(accounts, { recursive: true });
  for (let index = 0; index < PAIRS; index++)
    for (const user of [`a${index}`, `b${index}`])
      await writeFile(join(accounts, `${user}.dat`), `return { ["password"] = "${PASSWORD}" };\n`);
  const port = await freePort();
  const file = join(parent, 'prosody.cfg.lua');
  await writeFile(file, config(port, folder));
  const { pid, stop } = await startListening(port, program, ['-F', '--config', file]);
  const target = { system: 'xmpp', port, host: HOST, password: PASSWORD } as const;
  return { contestants: [{ name: 'Prosody', pid, target, restMs: 0 }], stop };
}
