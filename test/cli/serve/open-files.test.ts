/** The numbers of connections are fitted to the number of files that the process may have open. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitToOpenFiles, openFilesLimit } from '../../../src/cli/serve/open-files.js';
import { TRANSPORT } from '../../../src/io/limits.js';

const wanted = { sessions: 300, strangers: 100 };

test('numbers that fit are not changed', () => {
  for (const limit of [10_000, Number.POSITIVE_INFINITY]) {
    assert.deepEqual(fitToOpenFiles(wanted, limit), { ...wanted, sockets: 400 + TRANSPORT.spareSockets });
  }
});

test('with fewer files there are fewer sockets, files are left for the store, and both kinds of connections have some', () => {
  for (const limit of [64, 256, 1_024]) {
    const { sessions, strangers, sockets } = fitToOpenFiles({ sessions: 65_536, strangers: 4_096 }, limit);
    assert.ok(sockets <= limit - Math.min(256, limit / 2), `${limit}: ${sockets}`);
    assert.ok(strangers >= sockets / 8 && sessions >= sockets / 2, `${limit}: ${sessions}, ${strangers}`);
  }
});

test('the limit of this process is known', () => assert.ok(openFilesLimit() > 0));
