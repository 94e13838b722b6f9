/**
 * All other tests of this folder, on two servers that share a PostgreSQL database: connections go to the one and to the other in
 * turn, so whoever a test lets talk are mostly on different servers.
 */
import { readdirSync } from 'node:fs';
import { after, before, describe } from 'node:test';
import { serveDatabase } from '../harness/database-server.js';
import { sharedPostgres } from '../harness/postgres/shared.js';
import { tokenVariable, USERS } from './target.js';

const files = readdirSync(import.meta.dirname).filter(
  (file) => file.endsWith('.test.js') && file !== 'cluster.test.js',
);

describe('two servers on one database', { skip: process.env.IM_CONFORMANCE_URL !== undefined }, () => {
  const ends: (() => Promise<void>)[] = [];
  before(async () => {
    const postgres = await sharedPostgres();
    ends.unshift(postgres.close);
    const address = await postgres.newDatabase();
    const servers = [await serveDatabase(address), await serveDatabase(address)] as const;
    ends.unshift(...servers.map(({ close }) => close));
    process.env.IM_CONFORMANCE_URL = servers.map(({ url }) => url).join(' ');
    for (const name of USERS) {
      const role = name === 'operator' ? 'operator' : 'user';
      for (const { user, token } of await servers[0].accounts.add([name], role, Date.now()))
        process.env[tokenVariable(user)] = token;
    }
  });
  after(async () => {
    for (const end of ends) await end();
  });

  for (const file of files) {
    // Its hooks are those of this suite.
    describe(file, async () => {
      await import(`./${file}`);
    });
  }
});
