/**
 * The rules of the protocol, on two servers that share a PostgreSQL database: connections go to the one and to the other in turn,
 * so that those whom a test lets talk are mostly on different servers.
 */
import { after, before, describe } from 'node:test';
import { serveDatabase } from '../harness/database-server.js';
import { sharedPostgres } from '../harness/postgres/shared.js';
import { describeCases } from './cases.js';
import { tokenVariable, USERS } from './target.js';

describe('two servers on one database', { skip: process.env.IM_CONFORMANCE_URL !== undefined }, () => {
  const ends: (() => Promise<void>)[] = [];
  before(async () => {
    const postgres = await sharedPostgres();
    ends.unshift(postgres.close);
    const address = await postgres.newDatabase();
    const servers = [await serveDatabase(address), await serveDatabase(address)] as const;
    ends.unshift(...servers.map(({ close }) => close));
    for (const name of USERS) {
      const role = name === 'operator' ? 'operator' : 'user';
      const [issued] = await servers[0].accounts.add([name], role, Date.now());
      process.env[tokenVariable(name)] = issued?.token;
    }
    process.env.IM_CONFORMANCE_URL = servers.map(({ url }) => url).join(' ');
  });
  after(async () => {
    for (const end of ends) await end();
  });

  describeCases();
});
