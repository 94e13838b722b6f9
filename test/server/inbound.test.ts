/** The inbound path: each connection gets a share of a turn, and the rate of its user; what is more waits, in order, unread. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { Transport } from '../../src/io/transport.js';
import { Inbound } from '../../src/server/inbound.js';
import { SESSION } from '../../src/server/limits.js';
import { type RateLimits, Rates } from '../../src/server/rates.js';
import { Turns } from '../../src/server/turns.js';
import { createFakeClock } from '../harness/fake-clock.js';

let clock: ReturnType<typeof createFakeClock>;
let turns: Turns;
/** What was handled: `name` of the connection and number of the turn. */
let handled: { name: string; text: string; turn: number }[];

beforeEach(() => {
  clock = createFakeClock();
  turns = new Turns(clock);
  handled = [];
});

function connection(name: string, framesPerText = 1) {
  const state = { isReading: true, isDrained: true, bufferedBytes: 0 };
  const transport = {
    get bufferedBytes() {
      return state.bufferedBytes;
    },
    pause: () => {
      state.isReading = false;
    },
    resume: () => {
      state.isReading = true;
    },
  } as Transport;
  const owner = {
    handle(text: string | undefined): number {
      handled.push({ name, text: text ?? '', turn: turns.number });
      return framesPerText;
    },
    get isDrained() {
      return state.isDrained;
    },
  };
  const inbound = new Inbound(transport, { clock, turns }, owner);
  const receive = (count: number, bytes = 100): void => {
    for (let index = 0; index < count; index++) inbound.received(String(index), bytes);
  };
  return { state, inbound, receive };
}

const countOf = (name: string, turn?: number): number =>
  handled.filter((one) => one.name === name && (turn === undefined || one.turn === turn)).length;

const assertInOrder = (name: string, count: number): void =>
  assert.deepEqual(
    handled.filter((one) => one.name === name).map(({ text }) => text),
    Array.from({ length: count }, (_, index) => String(index)),
  );

test('a turn begins with what is received first in it', async () => {
  await clock.advance(10);
  assert.equal(turns.beganAt, 10);
  await clock.advance(5);
  assert.equal(turns.beganAt, 15);
});

describe('the share of a turn', () => {
  test('what is more than the share waits for the next turns, in order; meanwhile the socket is not read', async () => {
    const flood = connection('flood');
    const other = connection('other');
    flood.receive(SESSION.maxTurnShare * 3);
    other.receive(1);
    assert.deepEqual([countOf('flood'), countOf('other')], [SESSION.maxTurnShare, 1]);
    assert.equal(flood.state.isReading, false);
    await clock.settle();
    assert.deepEqual(
      [0, 1, 2].map((turn) => countOf('flood', turn)),
      [0, 1, 2].map(() => SESSION.maxTurnShare),
    );
    assertInOrder('flood', SESSION.maxTurnShare * 3);
    assert.equal(flood.state.isReading, true);
  });

  test('frames and bytes use it up, and a package is not divided', () => {
    connection('large').receive(20, 16 * 1024);
    assert.equal(countOf('large'), Math.ceil(SESSION.maxTurnShare / 17));
    connection('package', 2 * SESSION.maxTurnShare).receive(2);
    assert.equal(countOf('package'), 1);
  });

  test('many floods share a turn', async () => {
    const count = (SESSION.maxTurn / SESSION.maxTurnShare) * 8;
    const texts = SESSION.maxTurnShare * 2;
    for (let index = 0; index < count; index++) connection(`flood ${index}`).receive(texts);
    await clock.settle();
    const inTurn = (turn: number): number => handled.filter((one) => one.turn === turn).length;
    assert.equal(inTurn(1), SESSION.maxTurn);
    assert.equal(handled.length, count * texts);
    for (let index = 0; index < count; index++) assertInOrder(`flood ${index}`, texts);
  });

  test('what waits is handled only when less is pending', async () => {
    const flood = connection('flood');
    flood.receive(SESSION.maxTurnShare + 1);
    flood.inbound.block();
    flood.state.isDrained = false;
    flood.inbound.resume();
    await clock.settle();
    assert.equal(countOf('flood'), SESSION.maxTurnShare);
    flood.state.isDrained = true;
    flood.inbound.resume();
    await clock.settle();
    assertInOrder('flood', SESSION.maxTurnShare + 1);
    assert.equal(flood.state.isReading, true);
  });

  test('a peer that does not read the answers is not read from', async () => {
    const flood = connection('flood');
    flood.receive(SESSION.maxTurnShare * 9);
    flood.state.bufferedBytes = SESSION.maxBufferedBytes + 1;
    await clock.settle();
    assert.equal(countOf('flood'), SESSION.maxTurnShare);
    flood.state.bufferedBytes = 0;
    flood.inbound.resume();
    await clock.settle();
    assertInOrder('flood', SESSION.maxTurnShare * 9);
  });

  test('what waits when the connection closes can still be handled', () => {
    const flood = connection('flood');
    flood.receive(SESSION.maxTurnShare + 2);
    assert.deepEqual(
      flood.inbound.takeWaiting().map(({ text }) => text),
      [SESSION.maxTurnShare, SESSION.maxTurnShare + 1].map(String),
    );
  });
});

describe('the rate of a user', () => {
  const limits: RateLimits = { messagesPerSecond: 10, bytesPerSecond: 1_000, burstSeconds: 2 };

  /** Two connections of one user, each text of which is a message. */
  function connectionsOf(user: string, rates: Rates, bytes = 1) {
    return ['1', '2'].map((index) => {
      const made = connection(`${user} ${index}`);
      made.inbound.limit(rates.of(user, clock.monotonic()));
      const receive = (count: number): void => {
        for (let sent = 0; sent < count; sent++) {
          made.inbound.received(String(sent), bytes);
          made.inbound.countMessage(bytes);
        }
      };
      return { ...made, receive };
    }) as [ReturnType<typeof connection>, ReturnType<typeof connection>];
  }

  test('a burst is handled at once; then the socket is not read until the rate allows more', async () => {
    const [first, second] = connectionsOf('alice', new Rates(limits));
    first.receive(15);
    assert.equal(first.state.isReading, true);
    second.receive(5);
    assert.equal(second.state.isReading, false, 'the user has spent all, whatever the connection');
    await clock.advance(100);
    second.inbound.resume();
    assert.equal(second.state.isReading, true);
    assert.equal(handled.length, 20);
  });

  test('bytes count as well, and what was spent beyond has to be waited for', async () => {
    const [first] = connectionsOf('alice', new Rates(limits), 5_000);
    first.receive(1);
    await clock.advance(2_900);
    first.inbound.resume();
    assert.equal(first.state.isReading, false);
    await clock.advance(200);
    first.inbound.resume();
    assert.equal(first.state.isReading, true);
  });

  test('a new session does not get a new burst, and other users have their own', () => {
    const rates = new Rates(limits);
    connectionsOf('alice', rates)[0].receive(20);
    const [again] = connectionsOf('alice', rates);
    again.receive(1);
    assert.equal(again.state.isReading, false);
    const [other] = connectionsOf('bob', rates);
    other.receive(1);
    assert.equal(other.state.isReading, true);
  });

  test('without limits nothing is counted', () => assert.equal(new Rates(undefined).of('alice', 0), undefined));
});
