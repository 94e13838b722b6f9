/** What every implementation of the accounts port does: the suite that defines it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Accounts, IssuedAccount } from '../../src/accounts/accounts.js';

/** `open` gives accounts in which none of alice, bob, carol and constructor is known. */
export function accountsContract(where: string, open: () => Promise<Accounts>): void {
  describe(`accounts ${where}`, () => {
    test('a user who was added gets in with the token, as who they are', async () => {
      const accounts = await open();
      const issued = await accounts.add(['bob', 'alice'], 'user', 7);
      assert.deepEqual(issued.map(withoutToken), [
        { user: 'bob', role: 'user', at: 7 },
        { user: 'alice', role: 'user', at: 7 },
      ]);
      for (const { user, token } of issued) {
        const identity = await accounts.verify(user, token);
        assert.equal(identity?.user, user);
        assert.equal(identity?.role, 'user');
        assert.ok(identity && accounts.isCurrent(identity));
        assert.ok(accounts.exists(user));
      }
    });

    test('nobody gets in with a wrong token, a token of someone else, or an unknown name', async () => {
      const accounts = await open();
      const { token } = await addOne(accounts, 'alice');
      await addOne(accounts, 'bob');
      for (const [user, wrong] of [
        ['alice', ''],
        ['alice', token.slice(0, -1)],
        ['alice', `${token}A`],
        ['alice', token.toUpperCase()],
        ['bob', token],
        ['carol', token],
        ['__proto__', token],
        ['constructor', token],
      ] as const) {
        assert.equal(await accounts.verify(user, wrong), undefined, `${user} with ${wrong}`);
      }
    });

    test('names that every JavaScript object has are unknown like any other, and can be users', async () => {
      const accounts = await open();
      for (const user of ['constructor', 'tostring', '__proto__', 'hasownproperty', 'valueOf']) {
        assert.ok(!accounts.exists(user), user);
        assert.ok(!accounts.isCurrent({ user, role: 'user', generation: 1 }), user);
      }
      const { token } = await addOne(accounts, 'constructor');
      assert.equal((await accounts.verify('constructor', token))?.user, 'constructor');
    });

    test('adding a known user adds nobody', async () => {
      const accounts = await open();
      const { token } = await addOne(accounts, 'alice');
      await assert.rejects(accounts.add(['bob', 'alice'], 'user', 2), { reason: 'exists', user: 'alice' });
      await assert.rejects(accounts.add(['carol', 'carol'], 'user', 2), { reason: 'exists', user: 'carol' });
      assert.ok(!accounts.exists('bob'));
      assert.ok(!accounts.exists('carol'));
      assert.ok(await accounts.verify('alice', token));
    });

    test('after a rotation the old token and the old identity are worth nothing, the new ones are', async () => {
      const accounts = await open();
      const old = await addOne(accounts, 'alice');
      const before = await accounts.verify('alice', old.token);
      const revoked = collectRevoked(accounts);
      const [rotated] = await accounts.rotate(['alice']);
      assert.ok(rotated && before);
      assert.deepEqual(withoutToken(rotated), withoutToken(old));
      assert.equal(await accounts.verify('alice', old.token), undefined);
      assert.ok(!accounts.isCurrent(before));
      const after = await accounts.verify('alice', rotated.token);
      assert.ok(after && accounts.isCurrent(after));
      assert.deepEqual(revoked, [['alice']]);
    });

    test('a removed user is unknown, and the same name added again is not the same identity (R7)', async () => {
      const accounts = await open();
      const old = await addOne(accounts, 'alice');
      const before = await accounts.verify('alice', old.token);
      assert.ok(before);
      const revoked = collectRevoked(accounts);
      await accounts.remove(['alice']);
      assert.deepEqual(revoked, [['alice']]);
      assert.ok(!accounts.exists('alice'));
      assert.ok(!accounts.isCurrent(before));
      await addOne(accounts, 'alice');
      assert.ok(!accounts.isCurrent(before));
      assert.equal(await accounts.verify('alice', old.token), undefined);
    });

    test('removing or rotating someone unknown changes nobody', async () => {
      const accounts = await open();
      const { token } = await addOne(accounts, 'alice');
      const revoked = collectRevoked(accounts);
      await assert.rejects(accounts.remove(['alice', 'carol']), { reason: 'unknown', user: 'carol' });
      await assert.rejects(accounts.rotate(['alice', 'carol']), { reason: 'unknown', user: 'carol' });
      assert.ok(await accounts.verify('alice', token));
      assert.deepEqual(revoked, []);
    });

    test('users are listed by name, without a token or a hash', async () => {
      const accounts = await open();
      await addOne(accounts, 'carol');
      await accounts.add(['bob'], 'operator', 5);
      const listed = accounts.list().filter(({ user }) => user === 'bob' || user === 'carol');
      assert.deepEqual(listed, [
        { user: 'bob', role: 'operator', at: 5 },
        { user: 'carol', role: 'user', at: 1 },
      ]);
    });
  });
}

async function addOne(accounts: Accounts, user: string): Promise<IssuedAccount> {
  const [issued] = await accounts.add([user], 'user', 1);
  assert.ok(issued);
  return issued;
}

function withoutToken({ token: _token, ...info }: IssuedAccount): Omit<IssuedAccount, 'token'> {
  return info;
}

function collectRevoked(accounts: Accounts): (readonly string[])[] {
  const revoked: (readonly string[])[] = [];
  accounts.onRevoked((users) => revoked.push(users));
  return revoked;
}
