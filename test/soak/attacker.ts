/** One attacker of `admission.ts`, as a process of its own: `node attacker.js TASK`. Loopback only; ends by itself after `seconds`. */
import { connect, type Socket } from 'node:net';
import { systemClock } from '../../src/io/clock.js';
import { frame, OPCODES, upgradeRequest } from '../io/raw-socket.js';

export interface Attack {
  readonly what: keyof typeof ATTACKS;
  readonly url: string;
  readonly seconds: number;
  /** Connections; for `guess`: attempts per second. */
  readonly count: number;
  /** Who is attacked, or who attacks after a login. */
  readonly user: string;
  readonly token: string;
}

/** What it has done, as it prints it. */
export type Done = Readonly<Record<string, number>>;

export const ATTACKER = import.meta.filename;
const ADDRESSES = 50;

const addressOf = (index: number): string => `127.0.1.${1 + (index % ADDRESSES)}`;

function open({ url }: Attack, from: string): Socket {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', localAddress: from });
  socket.on('error', () => {}); // Cut, as is to be expected.
  return socket;
}

const loginOf = ({ user }: Attack, token: string, mode = 'send'): Buffer =>
  frame(JSON.stringify({ type: 'login', v: 1, user, token, mode }));

/** Keeps so many connections open; each of them is opened again when it is cut. */
function keep(attack: Attack, begin: (socket: Socket, index: number) => void, from = addressOf): Done {
  const done = { opened: 0, cut: 0 };
  const again = (index: number): void => {
    const socket = open(attack, from(index));
    socket.once('connect', () => {
      done.opened++;
      begin(socket, index);
    });
    socket.once('close', () => {
      done.cut++;
      systemClock.after(20, () => again(index));
    });
  };
  for (let index = 0; index < attack.count; index++) again(index);
  return done;
}

/** Sends the same bytes again and again on logged-in connections, as fast as the server reads. */
function flood(attack: Attack, bytes: Buffer, perBlock: number, { isReading = true } = {}): Done {
  const done = { sent: 0, cut: 0 };
  keep(
    attack,
    (socket) => {
      socket.write(upgradeRequest());
      socket.write(loginOf(attack, attack.token));
      if (isReading) socket.resume();
      const write = (): void => {
        while (!socket.destroyed && socket.write(bytes)) done.sent += perBlock;
        done.sent += perBlock;
      };
      socket.on('drain', write);
      systemClock.after(500, write);
      socket.once('close', () => done.cut++);
    },
    () => '127.0.0.1',
  );
  return done;
}

const repeat = (count: number, make: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));

const refused = (index: number): Buffer =>
  frame(JSON.stringify({ type: 'message', id: `m${index}`, to: 'nobody-of-this-name', body: 'x' }));

const ATTACKS = {
  /** Connections from one address that say nothing; every second one completes the handshake. */
  silent: (attack: Attack) =>
    keep(
      attack,
      (socket, index) => index % 2 === 0 && socket.write(upgradeRequest()),
      () => addressOf(0),
    ),

  /** Wrong logins from many addresses, without waiting for answers. */
  guess: (attack: Attack) => {
    const done = { attempts: 0, answered: 0, reset: 0 };
    const login = loginOf(attack, 'im_wrong');
    const attempt = (): void => {
      const socket = open(attack, addressOf(done.attempts++));
      socket.once('connect', () => socket.write(Buffer.concat([Buffer.from(upgradeRequest()), login])));
      socket.on('data', (bytes) => {
        if (!bytes.includes('unauthorized')) return;
        done.answered++;
        socket.destroy();
      });
      socket.once('error', () => done.reset++);
    };
    const began = systemClock.monotonic();
    systemClock.every(5, () => {
      const due = ((systemClock.monotonic() - began) / 1_000) * attack.count;
      while (done.attempts < due) attempt();
    });
    return done;
  },

  /** No attack: one login after the other, from an address of its own. What it costs, as somebody sees it who does nothing else. */
  probe: (attack: Attack) => {
    const done = { logins: 0, failed: 0, slowestMs: 0 };
    const next = (): void => {
      const socket = open(attack, '127.0.3.1');
      let began = 0;
      let isIn = false;
      socket.once('connect', () => socket.write(upgradeRequest()));
      socket.on('data', (bytes) => {
        if (bytes.includes(' 101 ')) {
          began = systemClock.monotonic();
          socket.write(loginOf(attack, attack.token));
        }
        if (!bytes.includes('"welcome"')) return;
        isIn = true;
        done.logins++;
        done.slowestMs = Math.max(done.slowestMs, Math.ceil(systemClock.monotonic() - began));
        socket.destroy();
      });
      socket.once('close', () => {
        if (!isIn) done.failed++;
        systemClock.after(20, next);
      });
    };
    next();
    return done;
  },

  /** One byte a second: half of the connections of the handshake, half of a frame. */
  loris: (attack: Attack) =>
    keep(attack, (socket, index) => {
      const slow =
        index % 2 === 0 ? Buffer.from(upgradeRequest({ 'X-Slow': 'x'.repeat(1_000) })) : frame(' '.repeat(1_000));
      if (index % 2 === 1) socket.write(upgradeRequest());
      let sent = 0;
      const timer = systemClock.every(1_000, () => socket.write(slow.subarray(sent, ++sent)));
      socket.once('close', () => timer.cancel());
    }),

  /** Messages that are refused, at full speed. */
  refusals: (attack: Attack) => flood(attack, repeat(500, refused), 500),
  /** The same, and the answers are not read. */
  unread: (attack: Attack) => flood(attack, repeat(500, refused), 500, { isReading: false }),
  pings: (attack: Attack) =>
    flood(
      attack,
      repeat(5_000, () => frame('', { opcode: OPCODES.ping })),
      5_000,
    ),
  /** Heartbeats in 1,000 fragments of a byte. */
  fragments: (attack: Attack) => {
    const text = '{"type":"heartbeat"}'.padEnd(1_000);
    const fragment = (byte: string, index: number): Buffer =>
      frame(byte, { opcode: index === 0 ? OPCODES.text : OPCODES.continuation, isFinal: index === text.length - 1 });
    return flood(attack, Buffer.concat([...text].map(fragment)), 1);
  },
  /** Connections that take descriptors; every second one logs in and stays. */
  descriptors: (attack: Attack) =>
    keep(attack, (socket, index) => {
      socket.write(upgradeRequest());
      if (index % 2 === 0) socket.write(loginOf(attack, attack.token));
    }),
} as const;

if (process.argv[1] === import.meta.filename) {
  const attack = JSON.parse(process.argv[2] as string) as Attack;
  const done: Done = ATTACKS[attack.what](attack);
  systemClock.after(attack.seconds * 1_000, () => {
    console.log(JSON.stringify(done));
    process.exit();
  });
}
