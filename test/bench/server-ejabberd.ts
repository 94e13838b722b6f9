/** Starts ejabberd with stream management, without TLS and with little log. Not with ejabberdctl, which wants the account of the package. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, startListening } from './listening.js';
import type { Server } from './rounds.js';

const HOST = 'localhost';

/** Every user and password is accepted. */
const config = (port: number) => `hosts: ["${HOST}"]
loglevel: error
listen:
  - port: ${port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    shaper: none
    access: all
auth_method: [anonymous]
anonymous_protocol: login_anon
modules:
  mod_stream_mgmt: {}
  mod_offline: {}
`;

/** @param program the path of ejabberdctl, a script that knows where Erlang is. */
export async function startEjabberd(parent: string, program: string): Promise<Server> {
  const script = await readFile(program, 'utf8');
  const setting = (name: string): string | undefined =>
    new RegExp(`^\\s*(?:export )?${name}=["']?([^"'\\s]+)`, 'm').exec(script)?.[1];
  const erl = setting('ERL') ?? 'erl';
  const folder = join(parent, 'ejabberd');
  await mkdir(folder);
  const port = await freePort();
  const file = join(folder, 'ejabberd.yml');
  await writeFile(file, config(port));
  const ERL_LIBS = setting('ERL_LIBS');
  const env = {
    ...process.env,
    HOME: folder, // Erlang runs a file of the home folder at its start
    ...(ERL_LIBS !== undefined && { ERL_LIBS }),
    EJABBERD_CONFIG_PATH: file,
    EJABBERD_LOG_PATH: join(folder, 'ejabberd.log'),
    ERL_CRASH_DUMP: join(folder, 'erl_crash.dump'),
  };
  // Mnesia writes a dump into the working directory if it is stopped while it starts.
  const mnesia = ['-mnesia', 'dir', `"${join(folder, 'mnesia')}"`, 'core_dir', `"${folder}"`];
  const args = ['-noinput', ...mnesia, '-s', 'ejabberd'];
  const { pid, stop } = await startListening(port, erl, args, env);
  const target = { system: 'xmpp', port, host: HOST, password: 'bench' } as const;
  return { contestants: [{ name: 'ejabberd', pid, target, restMs: 0 }], stop };
}
