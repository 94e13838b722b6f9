import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { confirmNewUser } from '../../../src/cli/login/new-user.js';
import { createFakeOutput } from '../fake-output.js';

const KNOWN = ['operator', 'alice'];
const asUser = (user: string) => `--as ${user}`;

/** The result with these typed lines; undefined: there is no terminal. */
async function confirm(user: string, typed?: string) {
  const output = createFakeOutput();
  const terminal = typed === undefined ? undefined : Readable.from([Buffer.from(typed)]);
  const result = await confirmNewUser(user, KNOWN, { output, terminal, asUser });
  return { result, notes: output.notes };
}

test('nothing is asked about a user who exists, or whose name is like no other', async () => {
  for (const user of ['alice', 'carol', 'operater'])
    assert.deepEqual(await confirm(user, ''), { result: user, notes: [] });
});

test('a person is asked, and again after an answer that is none', async () => {
  const question = ['im: there is no user alcie; did you mean alice?', '    y: yes, alice; n: no, add alcie'];
  assert.deepEqual(await confirm('alcie', 'y\n'), { result: 'alice', notes: question });
  assert.deepEqual(await confirm('alcie', 'No\n'), { result: 'alcie', notes: question });
  assert.deepEqual(await confirm('alcie', '\n'), { result: 'alice', notes: question });
  const again = await confirm('alcie', 'what?\nn\n');
  assert.deepEqual(again, { result: 'alcie', notes: [...question, question[1]] });
});

test('without an answer nothing is done, and the failure names both commands', async () => {
  for (const typed of [undefined, '', 'what?\n']) {
    await assert.rejects(confirm('alcie', typed), (error) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.exit, 'credential-refused');
      assert.match(`${error.message} ${error.next}`, /no user alcie; .*alice\?.*--as alice;.*im user add alcie --keep/);
      return true;
    });
  }
});
