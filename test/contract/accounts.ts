/** The contract of the Accounts port: every implementation passes this suite unchanged. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Accounts, IssuedAccount, SendersChange } from '../../src/accounts/accounts.js';
import { WIRE } from '../../src/protocol/limits.js';

/** Whether a message would be refused because of who sends it. */
type MaySend = (accounts: Accounts, from: string, to: string) => Promise<boolean>;

/**
 * @param open returns accounts without the users alice, bob, carol and constructor.
 * @param maySend who decides: by default the accounts themselves.
 */
export function accountsContract(
  where: string,
  open: () => Promise<Accounts>,
  maySend: MaySend = async (accounts, from, to) => accounts.maySend(from, to),
): void {
  /** Those of alice, bob and carol who may write to this user. */
  const sendersTo = async (user: string, accounts: Accounts): Promise<readonly string[]> => {
    const may = await Promise.all(
      ['alice', 'bob', 'carol'].map(async (from) => (await maySend(accounts, from, user)) && from),
    );
    return may.filter((from) => from !== false);
  };
  describe(`accounts ${where}`, () => {
    test('an added user is verified with the issued token, with name and role', async () => {
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
        assert.ok(accounts.mayExist(user) && (await exists(accounts, user)));
      }
    });

    test('a wrong token, the token of another user and an unknown user are refused', async () => {
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

    test('a token alone tells whose it is, as long as it is valid', async () => {
      const accounts = await open();
      const [alice, bob] = [await addOne(accounts, 'alice'), await addOne(accounts, 'bob')];
      const laptop = await accounts.addToken('alice', 'laptop', 2);
      const whose = async (token: string) => (await accounts.identify(token))?.user;
      for (const { user, token } of [alice, bob, laptop]) {
        assert.deepEqual(await accounts.identify(token), await accounts.verify(user, token));
        assert.equal(await whose(token), user);
      }
      const { token } = alice;
      for (const wrong of [
        '',
        'alice',
        token.slice(0, -1),
        `${token}A`,
        token.toUpperCase(),
        '__proto__',
        'constructor',
      ])
        assert.equal(await whose(wrong), undefined, wrong);
      const identity = await accounts.identify(laptop.token, 5);
      assert.ok(identity && accounts.isCurrent(identity));
      assert.equal((await accounts.tokens('alice')).find(({ name }) => name === 'laptop')?.usedAt, 5);

      await accounts.revokeToken('alice', 'laptop');
      assert.deepEqual([await whose(laptop.token), await whose(token)], [undefined, 'alice']);
      const [rotated] = await accounts.rotate(['alice'], 6);
      assert.deepEqual([await whose(token), await whose(rotated?.token ?? '')], [undefined, 'alice']);
      await accounts.remove(['alice']);
      assert.deepEqual([await whose(rotated?.token ?? ''), await whose(bob.token)], [undefined, 'bob']);
    });

    test('pages of the list are sorted, and show who was added and removed between them', async () => {
      const accounts = await open();
      await accounts.add(['dave', 'bob', 'erin'], 'user', 1);
      const page = async (after: string, limit = 2) => (await accounts.list(after, limit)).map(({ user }) => user);
      assert.deepEqual(
        [await page('a'), await page('bob'), await page('c', 1)],
        [['bob', 'dave'], ['dave', 'erin'], ['dave']],
      );
      await accounts.add(['carol', 'alice'], 'user', 2);
      assert.deepEqual(
        [await page('a'), await page('bob')],
        [
          ['alice', 'bob'],
          ['carol', 'dave'],
        ],
      );
      await accounts.remove(['carol', 'erin']);
      assert.deepEqual(await page('bob', 1), ['dave']);
      assert.ok(!(await page('dave', 9)).includes('erin'));
    });

    test('names of object properties are unknown like any other, and can be users', async () => {
      const accounts = await open();
      for (const user of ['constructor', 'tostring', '__proto__', 'hasownproperty', 'valueOf']) {
        assert.ok(!(await exists(accounts, user)), user);
        assert.ok(!accounts.isCurrent({ user, role: 'user', generation: 1 }), user);
      }
      const { token } = await addOne(accounts, 'constructor');
      assert.equal((await accounts.verify('constructor', token))?.user, 'constructor');
    });

    test('an add that contains a known or repeated user adds nobody', async () => {
      const accounts = await open();
      const { token } = await addOne(accounts, 'alice');
      await assert.rejects(accounts.add(['bob', 'alice'], 'user', 2), { reason: 'exists', user: 'alice' });
      await assert.rejects(accounts.add(['carol', 'carol'], 'user', 2), { reason: 'exists', user: 'carol' });
      assert.ok(!(await exists(accounts, 'bob')));
      assert.ok(!(await exists(accounts, 'carol')));
      assert.ok(await accounts.verify('alice', token));
    });

    test('after a rotation the old token and identity are invalid, and the new ones are valid', async () => {
      const accounts = await open();
      const old = await addOne(accounts, 'alice');
      const before = await accounts.verify('alice', old.token);
      const revoked = collectRevoked(accounts);
      const [rotated] = await accounts.rotate(['alice'], 9);
      assert.ok(rotated && before);
      assert.deepEqual(withoutToken(rotated), withoutToken(old));
      assert.equal(await accounts.verify('alice', old.token), undefined);
      assert.ok(!accounts.isCurrent(before));
      const after = await accounts.verify('alice', rotated.token);
      assert.ok(after && accounts.isCurrent(after));
      assert.deepEqual(revoked, [['alice']]);
    });

    test('further tokens have names; each is revoked alone, and the sessions of the others stay valid (R7)', async () => {
      const accounts = await open();
      const main = await addOne(accounts, 'alice');
      await addOne(accounts, 'bob');
      const laptop = await accounts.addToken('alice', 'laptop', 2);
      const phone = await accounts.addToken('alice', 'phone', 3);
      assert.deepEqual({ ...laptop, token: '' }, { user: 'alice', role: 'user', at: 1, name: 'laptop', token: '' });
      const sessions = await Promise.all([main, laptop, phone].map(({ token }) => accounts.verify('alice', token)));
      assert.equal(new Set(sessions.map((session) => session?.generation)).size, 3);
      assert.equal(await accounts.verify('bob', laptop.token), undefined);
      assert.deepEqual(await accounts.tokens('alice'), [
        { name: 'main', at: 1 },
        { name: 'laptop', at: 2 },
        { name: 'phone', at: 3 },
      ]);
      const revoked = collectRevoked(accounts);
      await accounts.revokeToken('alice', 'laptop');
      assert.deepEqual(revoked, [['alice']]);
      assert.deepEqual(
        sessions.map((session) => session && accounts.isCurrent(session)),
        [true, false, true],
      );
      assert.equal(await accounts.verify('alice', laptop.token), undefined);
      assert.ok((await accounts.verify('alice', main.token)) && (await accounts.verify('alice', phone.token)));
      const again = await accounts.addToken('alice', 'laptop', 4);
      assert.notEqual(again.token, laptop.token);
      assert.ok(sessions[1] && !accounts.isCurrent(sessions[1]), 'the name does not revive the session');
    });

    test('a rotation replaces all tokens by one', async () => {
      const accounts = await open();
      const main = await addOne(accounts, 'alice');
      const laptop = await accounts.addToken('alice', 'laptop', 2);
      const [rotated] = await accounts.rotate(['alice'], 5);
      assert.deepEqual(await accounts.tokens('alice'), [{ name: 'main', at: 5 }]);
      for (const { token } of [main, laptop]) assert.equal(await accounts.verify('alice', token), undefined);
      assert.ok(await accounts.verify('alice', rotated?.token ?? ''));
    });

    test('a user without any token exists, and nobody can log in as that user', async () => {
      const accounts = await open();
      const { token } = await addOne(accounts, 'alice');
      await accounts.revokeToken('alice', 'main');
      assert.deepEqual(await accounts.tokens('alice'), []);
      assert.ok(accounts.mayExist('alice') && (await exists(accounts, 'alice')));
      assert.equal(await accounts.verify('alice', token), undefined);
      const laptop = await accounts.addToken('alice', 'laptop', 2);
      assert.ok(await accounts.verify('alice', laptop.token));
    });

    test('a name that is taken, unknown names and too many tokens are refused, and change nothing', async () => {
      const accounts = await open();
      await addOne(accounts, 'alice');
      await accounts.addToken('alice', 'constructor', 2);
      const revoked = collectRevoked(accounts);
      for (const name of ['main', 'constructor'])
        await assert.rejects(accounts.addToken('alice', name, 3), { reason: 'token', user: 'alice' });
      for (const name of ['laptop', '__proto__', ''])
        await assert.rejects(accounts.revokeToken('alice', name), { reason: 'token', user: 'alice' });
      await assert.rejects(accounts.addToken('carol', 'laptop', 3), { reason: 'unknown', user: 'carol' });
      await assert.rejects(accounts.revokeToken('carol', 'main'), { reason: 'unknown', user: 'carol' });
      await assert.rejects(accounts.tokens('carol'), { reason: 'unknown', user: 'carol' });
      for (let index = 2; index < WIRE.maxTokensPerUser; index++) await accounts.addToken('alice', `t${index}`, 3);
      await assert.rejects(accounts.addToken('alice', 'more', 3), { reason: 'token', message: /as many as allowed/ });
      assert.equal((await accounts.tokens('alice')).length, WIRE.maxTokensPerUser);
      assert.deepEqual(revoked, []);
    });

    test('the last use of each token is listed, as far as it was noted', async () => {
      const accounts = await open();
      const { token } = await addOne(accounts, 'alice');
      await accounts.addToken('alice', 'laptop', 2);
      await accounts.verify('alice', token, 7);
      await accounts.verify('alice', 'wrong', 8);
      await accounts.saveUses();
      assert.deepEqual(await accounts.tokens('alice'), [
        { name: 'main', at: 1, usedAt: 7 },
        { name: 'laptop', at: 2 },
      ]);
    });

    test('a removed user is unknown, and adding the name again does not revive the old identity (R7)', async () => {
      const accounts = await open();
      const old = await addOne(accounts, 'alice');
      const before = await accounts.verify('alice', old.token);
      assert.ok(before);
      const revoked = collectRevoked(accounts);
      await accounts.remove(['alice']);
      assert.deepEqual(revoked, [['alice']]);
      assert.ok(!(await exists(accounts, 'alice')));
      assert.ok(!accounts.isCurrent(before));
      await addOne(accounts, 'alice');
      assert.ok(!accounts.isCurrent(before));
      assert.equal(await accounts.verify('alice', old.token), undefined);
    });

    test('a removal or rotation that contains an unknown user changes nobody', async () => {
      const accounts = await open();
      const { token } = await addOne(accounts, 'alice');
      const revoked = collectRevoked(accounts);
      await assert.rejects(accounts.remove(['alice', 'carol']), { reason: 'unknown', user: 'carol' });
      await assert.rejects(accounts.rotate(['alice', 'carol'], 9), { reason: 'unknown', user: 'carol' });
      assert.ok(await accounts.verify('alice', token));
      assert.deepEqual(revoked, []);
    });

    test('everybody may write to a user, until the user blocks somebody', async () => {
      const accounts = await open();
      await accounts.add(['alice', 'bob', 'carol'], 'user', 1);
      assert.deepEqual(await accounts.senders('alice'), { blocked: [] });
      assert.deepEqual(await accounts.changeSenders('alice', block('carol', 'bob', 'carol')), {
        blocked: ['bob', 'carol'],
      });
      assert.deepEqual(await sendersTo('alice', accounts), ['alice']);
      assert.deepEqual(await sendersTo('bob', accounts), ['alice', 'bob', 'carol'], 'alice may still write to bob');
      await accounts.changeSenders('alice', block('bob'));
      assert.deepEqual(await accounts.changeSenders('alice', { action: 'unblock', names: ['bob'] }), {
        blocked: ['carol'],
      });
      assert.deepEqual(await sendersTo('alice', accounts), ['alice', 'bob']);
      assert.deepEqual(await accounts.senders('alice'), { blocked: ['carol'] });
    });

    test('an operator says who may write to a user: a blocked one may not in any case', async () => {
      const accounts = await open();
      await accounts.add(['alice', 'bob', 'carol'], 'user', 1);
      const allowed = await accounts.changeSenders('alice', { action: 'allow', names: ['bob'] });
      assert.deepEqual(allowed, { blocked: [], allowed: ['bob'] });
      assert.deepEqual(await sendersTo('alice', accounts), ['alice', 'bob']);
      await accounts.changeSenders('alice', block('bob'));
      assert.deepEqual(await sendersTo('alice', accounts), ['alice']);
      await accounts.changeSenders('alice', { action: 'allow', names: [] });
      await accounts.changeSenders('alice', { action: 'unblock', names: ['bob'] });
      assert.deepEqual(await accounts.senders('alice'), { blocked: [], allowed: [] });
      assert.deepEqual(await sendersTo('alice', accounts), ['alice'], 'nobody else');
      assert.deepEqual(await accounts.changeSenders('alice', { action: 'lift' }), { blocked: [] });
      assert.deepEqual(await sendersTo('alice', accounts), ['alice', 'bob', 'carol']);
    });

    test('a new token changes nothing about who may write', async () => {
      const accounts = await open();
      await accounts.add(['alice', 'bob'], 'user', 1);
      await accounts.changeSenders('alice', block('bob'));
      await accounts.rotate(['alice'], 2);
      await accounts.addToken('alice', 'phone', 3);
      await accounts.revokeToken('alice', 'main');
      await accounts.saveUses();
      assert.deepEqual(
        [await accounts.senders('alice'), await maySend(accounts, 'bob', 'alice')],
        [{ blocked: ['bob'] }, false],
      );
    });

    test('a removed user stays blocked, is no longer allowed, and begins without rules when added again', async () => {
      const accounts = await open();
      await accounts.add(['alice', 'bob', 'carol'], 'user', 1);
      await accounts.changeSenders('alice', { action: 'allow', names: ['bob'] });
      await accounts.changeSenders('carol', block('bob'));
      await accounts.changeSenders('bob', block('alice'));
      await accounts.remove(['bob']);
      assert.deepEqual(await accounts.senders('alice'), { blocked: [], allowed: [] });
      await addOne(accounts, 'bob');
      assert.deepEqual(await sendersTo('alice', accounts), ['alice']);
      assert.deepEqual(await sendersTo('carol', accounts), ['alice', 'carol']);
      assert.deepEqual(await accounts.senders('bob'), { blocked: [] });
    });

    test('a change of senders that is refused changes nothing', async () => {
      const accounts = await open();
      await accounts.add(['alice', 'bob', 'constructor'], 'user', 1);
      await accounts.changeSenders('alice', block('bob'));
      const refused = (change: SendersChange, reason: string, user: string, of = 'alice') =>
        assert.rejects(accounts.changeSenders(of, change), { name: 'AccountError', reason, user });
      await refused(block('constructor', 'carol'), 'unknown', 'carol');
      await refused({ action: 'allow', names: ['bob', '__proto__'] }, 'unknown', '__proto__');
      await refused(block('constructor', 'alice'), 'own', 'alice');
      await refused({ action: 'unblock', names: ['bob', 'constructor'] }, 'not-blocked', 'constructor');
      await refused({ action: 'lift' }, 'unknown', 'carol', 'carol');
      await assert.rejects(accounts.senders('carol'), { reason: 'unknown', user: 'carol' });
      assert.deepEqual(await accounts.senders('alice'), { blocked: ['bob'] });
    });

    test('a user blocks so many names and no more', async () => {
      const accounts = await open();
      const names = Array.from({ length: WIRE.maxSendersPerFrame + 1 }, (_, index) => `u${index}`);
      await accounts.add(['alice', ...names], 'user', 1);
      const most = names.slice(1).sort();
      assert.deepEqual(await accounts.changeSenders('alice', block(...most)), { blocked: most });
      await assert.rejects(accounts.changeSenders('alice', block('u0')), { reason: 'too-many', user: 'alice' });
      assert.deepEqual(await accounts.senders('alice'), { blocked: most });
    });

    test('users are listed by name, without a token or a hash', async () => {
      const accounts = await open();
      await addOne(accounts, 'carol');
      await accounts.add(['bob'], 'operator', 5);
      const listed = (await accounts.list('', 99)).filter(({ user }) => user === 'bob' || user === 'carol');
      assert.deepEqual(listed, [
        { user: 'bob', role: 'operator', at: 5 },
        { user: 'carol', role: 'user', at: 1 },
      ]);
    });
  });
}

const block = (...names: readonly string[]): SendersChange => ({ action: 'block', names });

const exists = async (accounts: Accounts, user: string): Promise<boolean> => (await accounts.find([user])).length === 1;

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
