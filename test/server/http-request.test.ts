/** What an HTTP request says: any bytes are understood or refused, and nothing throws. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CLIENT_FRAMES } from '../../src/protocol/frame-catalogue.js';
import { HTTP_PATH, JSON_TYPE, KEY_HEADER, TEXT_TYPES } from '../../src/protocol/http.js';
import { HTTP_WAIT } from '../../src/protocol/limits.js';
import { messageOf, recipientOf, routeOf, tokenOf, waitOf } from '../../src/server/http/http-request.js';

const headers = (values: Readonly<Record<string, readonly string[]>>) => ({
  header: (name: string) => (Object.hasOwn(values, name) ? (values[name] as readonly string[]) : []),
});

describe('a path', () => {
  for (const [target, route] of [
    ['/v1/messages/bob', { user: 'bob', query: '' }],
    ['/v1/messages/bob?', { user: 'bob', query: '' }],
    ['/v1/messages/bob?wait=delivered?', { user: 'bob', query: 'wait=delivered?' }],
    ['http://chat.example:4690/v1/messages/bob?a=/', { user: 'bob', query: 'a=/' }],
    ['HTTPS://x/v1/messages/b%6fb', { user: 'b%6fb', query: '' }],
    ['/v1/messages', undefined],
    ['/v1/messages/', undefined],
    ['/v1/messages/?x', undefined],
    ['/v1/messages/bob/', undefined],
    ['/v1/messages/../bob', undefined],
    ['//v1/messages/bob', undefined],
    ['/V1/messages/bob', undefined],
    ['*', undefined],
    ['', undefined],
  ] as const) {
    test(`${target || 'nothing'} is ${route ? 'for this door' : 'not'}`, () =>
      assert.deepEqual(routeOf(target), route));
  }
});

test('a time to wait has a unit and a bound', () => {
  for (const [query, ms] of [
    ['', undefined],
    ['wait=delivered', HTTP_WAIT.defaultMs],
    ['timeout=60s&wait=delivered', HTTP_WAIT.maxMs],
    ['wait=delivered&timeout=500ms', 500],
    ['wait=delivered&timeout=0s', 0],
  ] as const)
    assert.deepEqual(waitOf(query), { ms });
  for (const query of ['wait=delivered&timeout=60001ms', 'wait=delivered&timeout=1e3ms', 'wait=delivered&timeout=1m'])
    assert.ok('code' in waitOf(query), query);
});

test('the token of any request is a word, or there is none', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string().map((text) => `Bearer ${text}`),
        ),
      ),
      (lines) => {
        const token = tokenOf(headers({ authorization: lines }));
        if (token !== undefined) assert.match(token, /^[\w.~+/=-]+$/);
        if (lines.length !== 1) assert.equal(token, undefined);
      },
    ),
  );
});

test('any request is refused, or is a message that a WebSocket could have brought', () => {
  const type = fc.constantFrom<readonly string[]>(
    ...TEXT_TYPES.map((each) => [each]),
    [JSON_TYPE],
    [],
    ['text/html'],
    ['a', 'b'],
  );
  const key = fc.oneof(fc.constant([]), fc.array(fc.string({ unit: 'binary', maxLength: 200 }), { maxLength: 2 }));
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    fc
      .record({ body: fc.anything(), id: fc.anything(), from: fc.anything(), to: fc.anything() }, { requiredKeys: [] })
      .map((value) => Buffer.from(JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? 0 : each)) ?? '')),
    fc
      .record({ body: fc.string({ unit: 'binary' }), id: fc.string({ minLength: 1 }) }, { requiredKeys: ['body'] })
      .map((value) => Buffer.from(JSON.stringify(value))),
  );
  const user = fc.oneof(fc.constant('bob'), fc.string({ unit: 'binary' }), fc.string().map(encodeURIComponent));
  let accepted = 0;
  fc.assert(
    fc.property(type, key, body, user, fc.string(), (types, keys, bytes, name, query) => {
      const given = headers({ 'content-type': types, [KEY_HEADER]: keys });
      const wait = waitOf(query);
      assert.ok('code' in wait || wait.ms === undefined || wait.ms <= HTTP_WAIT.maxMs);
      const route = routeOf(`${HTTP_PATH}${name}?${query}`);
      const recipient = route && recipientOf(route);
      if (recipient === undefined || 'code' in recipient) return;
      const result = messageOf(given, recipient.to, bytes, () => 'new');
      if (!('message' in result)) return assert.ok(result.status >= 400 && result.status < 500);
      accepted++;
      assert.equal(CLIENT_FRAMES.message.check(result.message), undefined);
      assert.equal(result.message.to, recipient.to);
      if (types[0] !== JSON_TYPE) assert.deepEqual(Buffer.from(result.message.body), Buffer.from(bytes));
    }),
    { numRuns: 2_000 },
  );
  assert.ok(accepted > 20, `only ${accepted} were accepted`);
});
