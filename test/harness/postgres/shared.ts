/**
 * One PostgreSQL for all test files of a run: the runner starts it when the first file asks for it, and ends it at the end. A file
 * that runs by itself, without the runner, starts its own.
 */
import { randomUUID } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { type PostgresNode, ROLE, startPostgres, withClient } from './postgres-node.js';

/** Tells the test files where the runner is: a port of 127.0.0.1, and what has to be said there. */
const VARIABLE = 'IM_TEST_LENDER';

/** Databases of one file. Nothing else may be changed: settings, roles and the server itself belong to all files. */
export interface SharedPostgres {
  /** An empty database. Returns its URL, for the role of `im`. */
  newDatabase(): Promise<string>;
  /** Runs SQL as the superuser, in `database`. */
  query(sql: string, database?: string): Promise<void>;
  /** Removes its databases; ends the server if it is the file's own. Connections must be closed. */
  close(): Promise<void>;
}

/** What a file is told. */
type Answer = { readonly url: string } | { readonly error: string };

/** For the runner. Sets the environment of the test files. It ends with the process, which it does not keep alive. */
export async function lendPostgres(): Promise<void> {
  const secret = randomUUID();
  let starting: Promise<PostgresNode> | undefined;
  const answer = async (): Promise<Answer> => {
    // Several files run at once, each with some servers.
    starting ??= startPostgres({ settings: { max_connections: 200 }, inMemory: true });
    return starting.then(
      ({ url }) => ({ url }),
      ({ message }: Error) => ({ error: message }),
    );
  };
  const server = createServer((socket) => {
    socket.on('error', () => {}); // The file has ended.
    socket.setEncoding('utf8').once('data', async (said) => {
      if (String(said) === secret) socket.end(JSON.stringify(await answer()));
      else socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const { port } = server.address() as { port: number };
  process.env[VARIABLE] = `${port} ${secret}`;
  process.once('beforeExit', async () => (await starting?.catch(() => undefined))?.remove());
}

export async function sharedPostgres(): Promise<SharedPostgres> {
  const own = process.env[VARIABLE] === undefined ? await startPostgres() : undefined;
  const url = own?.url ?? (await borrow(process.env[VARIABLE] as string));
  const run = randomUUID().slice(0, 8);
  const names: string[] = [];
  const urlOf = (database: string): string => Object.assign(new URL(url), { pathname: database }).href;
  const query = (sql: string, database = 'postgres') =>
    withClient(urlOf(database), async (client) => void (await client.query(sql)));
  return {
    query,
    newDatabase: async () => {
      const name = `test_${run}_${names.length + 1}`;
      names.push(name);
      await query(`CREATE DATABASE ${name} OWNER ${ROLE}`);
      return Object.assign(new URL(urlOf(name)), { username: ROLE }).href;
    },
    close: async () => {
      if (own) return own.remove();
      for (const name of names) await query(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function borrow(lender: string): Promise<string> {
  const [port, secret = ''] = lender.split(' ');
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(secret);
  const answer = JSON.parse(await text(socket)) as Answer;
  if ('error' in answer) throw new Error(answer.error);
  return answer.url;
}
