/**
 * Where the database is: an address, and what it leaves out from the environment and a service file, as psql does. The password
 * comes from IM_DATABASE_URL, PGPASSWORD, ~/.pgpass or the service file, never from a flag.
 */
import { readFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { custom } from '@oclif/core/flags';
import { isLoopback } from '../../io/loopback.js';
import { Failure } from '../errors/failure.js';

export const databaseFlag = custom<string>({
  description:
    'a PostgreSQL database that several servers share, such as postgresql://im@db1,db2/im; what it leaves out comes from PGHOST and its family, PGSERVICE and ~/.pgpass',
  helpValue: 'URL',
  env: 'IM_DATABASE_URL',
  parse: async (text) => text,
});

/** The whole address, without the password, and that if it is known here. */
export interface DatabaseAddress {
  readonly url: string;
  /** Undefined: looked up in ~/.pgpass, or none is needed. */
  readonly password?: string;
}

type Settings = ReadonlyMap<string, string>;
type Environment = Readonly<Record<string, string | undefined>>;

/** The environment variables of libpq that count here, by the name of the option. */
const VARIABLES = {
  host: 'PGHOST',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
} as const;

/** `postgresql://user:password@host:port,host:port/name?option=value`, each part optional. */
const ADDRESS = /^postgres(?:ql)?:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;

/** @throws Failure `usage` when it is no address, has a password and was given as a flag, or names an unknown service. */
export async function findDatabase(flag: string, env: Environment = process.env): Promise<DatabaseAddress> {
  const parts = ADDRESS.exec(flag);
  if (!parts) throw new Failure('usage', 'this is not the address of a PostgreSQL database', { next: EXAMPLE });
  const given = settingsOf(parts);
  if (given.has('password') && flag !== env.IM_DATABASE_URL) {
    throw new Failure('usage', 'a password in a flag can be seen by everybody on this machine', {
      next: 'leave it out, and put it into ~/.pgpass, PGPASSWORD or a service file; or the whole address into IM_DATABASE_URL',
    });
  }
  const service = given.get('service') ?? env.PGSERVICE;
  const named = service === undefined ? new Map<string, string>() : await readService(service, env);
  const around = new Map(Object.entries(VARIABLES).flatMap(([key, name]) => (env[name] ? [[key, env[name]]] : [])));
  const settings = new Map([...around, ...named, ...given]);
  const password = settings.get('password');
  return { url: urlOf(settings), ...(password !== undefined && { password }) };
}

const EXAMPLE = 'write it like postgresql://im@db.example.com/im';

function settingsOf([, user, password, hosts = '', name, query = '']: RegExpExecArray): Settings {
  const settings = new Map<string, string>();
  const set = (key: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') settings.set(key, decode(value));
  };
  set('user', user);
  set('password', password);
  set('dbname', name);
  for (const [key, value] of new URLSearchParams(query)) settings.set(key, value);
  set('host', hosts);
  return settings;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new Failure('usage', 'the address of the database has a % that begins no character', { cause });
  }
}

/** The hosts in an address that are other machines, and are reached without TLS: who reads the network can read messages. */
export function hostsInClearText({ url }: DatabaseAddress): readonly string[] {
  const [, , , hosts = '', , query = ''] = ADDRESS.exec(url) ?? [];
  const mode = new URLSearchParams(query).get('sslmode') ?? 'disable';
  if (mode !== 'disable' && mode !== 'allow' && mode !== 'prefer') return [];
  return hosts.split(',').filter((host) => !isLoopback(host.replace(/:\d+$/, '')));
}

/** The entry of a service file, as in libpq: `[name]`, then `key=value` lines. */
async function readService(service: string, env: Environment): Promise<Settings> {
  const path = env.PGSERVICEFILE ?? join(homedir(), '.pg_service.conf');
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new Failure('usage', `the service file ${path} cannot be read`, { why: cause.message, cause });
  });
  const settings = new Map<string, string>();
  let isFound = false;
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    const [, name] = /^\s*\[([^\]]*)\]\s*$/.exec(line) ?? [];
    if (name !== undefined) section = name;
    isFound ||= section === service;
    const [, key, value] = /^\s*([a-z_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section === service && key !== undefined && value !== undefined) settings.set(key, value);
  }
  if (!isFound) throw new Failure('usage', `there is no service ${service} in ${path}`);
  return settings;
}

function urlOf(settings: Settings): string {
  const user = settings.get('user') ?? userInfo().username;
  const name = settings.get('dbname') ?? user;
  const hosts = hostsOf(settings.get('host') ?? 'localhost', settings.get('port') ?? '');
  const options = new URLSearchParams();
  for (const [key, value] of settings) if (!PARTS.has(key)) options.set(key, value);
  const query = options.size > 0 ? `?${options}` : '';
  return `postgresql://${encodeURIComponent(user)}@${hosts}/${encodeURIComponent(name)}${query}`;
}

/** Those that are a part of the address, and no option of it. */
const PARTS: ReadonlySet<string> = new Set(['user', 'password', 'host', 'port', 'dbname', 'service']);

/** `db1,db2` and `5432,5433`; one port may be that of all, and a host may have its own. @throws Failure `usage` for a socket. */
function hostsOf(host: string, port: string): string {
  const ports = port.split(',');
  return host
    .split(',')
    .map((name, index) => {
      if (/^[/@]/.test(name)) {
        throw new Failure('usage', `${name} is a socket: a database is reached by its host name`, {
          next: 'on this machine: --database postgresql://127.0.0.1/NAME, or PGHOST=127.0.0.1',
        });
      }
      if (/^(\[.*\]|[^:]*):\d+$/.test(name)) return name;
      const number = ports[index] ?? ports[0] ?? '';
      const bracketed = name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
      return number === '' ? bracketed : `${bracketed}:${number}`;
    })
    .join(',');
}
