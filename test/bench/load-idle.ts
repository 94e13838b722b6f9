/**
 * A process that holds idle sessions: it logs them in as fast as it can, then each sends a heartbeat every 30 s. Plain sockets, so
 * that it costs less than the server. It prints a line of JSON when the last one is welcome, and one more after SIGTERM.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { systemClock } from '../../src/io/clock.js';
import { SUBPROTOCOL } from '../../src/io/ws-transport.js';
import type { Login } from '../../src/protocol/frames/login.js';
import { WIRE } from '../../src/protocol/limits.js';
import type { Credential, Held, IdleWork, Welcomed } from './work.js';

/** Heartbeats leave in so many portions, spread over their interval. */
const PORTIONS = 300;
const ANSWER_MS = 10_000;
const POLL_MS = 50;

const work = JSON.parse(process.argv[2] ?? '') as IdleWork;
const { hostname, port } = new URL(work.url);
const credentials = JSON.parse(readFileSync(work.credentialsFile, 'utf8')) as readonly Credential[];
const mine = credentials.slice(work.first, work.first + work.count);
const heartbeat = textMessage('{"type":"heartbeat"}');
const sockets: Socket[] = [];
const held = { heartbeats: 0, answers: 0 };
let isEnding = false;

const startedAt = systemClock.now();
await logAllIn();
let portion = 0;
const timer = systemClock.every(WIRE.heartbeatMs / PORTIONS, () => {
  for (let index = portion; index < sockets.length; index += PORTIONS) {
    held.heartbeats++;
    sockets[index]?.write(heartbeat);
  }
  portion = (portion + 1) % PORTIONS;
});
process.on('SIGTERM', () => {
  isEnding = true;
  timer.cancel();
  waitForAnswers(ANSWER_MS);
});
print({ startedAt, welcomedAt: systemClock.now() } satisfies Welcomed);

/** Leaves when all heartbeats are answered, or after `left` ms. */
function waitForAnswers(left: number): void {
  if (held.answers < held.heartbeats && left > 0) {
    systemClock.after(POLL_MS, () => waitForAnswers(left - POLL_MS));
    return;
  }
  for (const socket of sockets) socket.destroy();
  print(held satisfies Held);
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Some at a time: the server cuts strangers that are too many. */
async function logAllIn(): Promise<void> {
  let next = 0;
  const oneAfterTheOther = async (): Promise<void> => {
    for (let index = next++; index < mine.length; index = next++)
      sockets[index] = await logIn(mine[index] as Credential);
  };
  await Promise.all(Array.from({ length: work.atOnce }, oneAfterTheOther));
}

function logIn(credential: Credential): Promise<Socket> {
  const login: Login = { type: 'login', v: 1, ...credential, mode: 'chat', agent: 'im-bench' };
  return new Promise((resolve) => {
    const socket = connect({ port: Number(port), host: hostname, localAddress: work.address, noDelay: true });
    const fail = (cause: unknown): void => {
      if (isEnding) return;
      console.error(`${credential.user}: ${String(cause)}`);
      process.exit(1);
    };
    socket.on('error', fail);
    socket.on('close', () => fail('closed'));
    let received = '';
    const onWelcome = (chunk: Buffer): void => {
      received += chunk.toString('latin1');
      if (!received.includes('"type":"welcome"')) return;
      received = '';
      socket.off('data', onWelcome);
      socket.on('data', onAnswer);
      resolve(socket);
    };
    const onAnswer = (chunk: Buffer): void => {
      if (chunk.includes('"type":"heartbeat"')) held.answers++;
      else fail(chunk.toString('latin1'));
    };
    const onUpgrade = (chunk: Buffer): void => {
      received += chunk.toString('latin1');
      if (!received.includes('\r\n\r\n')) return;
      if (!received.startsWith('HTTP/1.1 101 ')) fail(received);
      received = '';
      socket.off('data', onUpgrade);
      socket.on('data', onWelcome);
      socket.write(textMessage(JSON.stringify(login)));
    };
    socket.on('data', onUpgrade);
    socket.write(
      `GET / HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
    );
  });
}

/** A WebSocket message of up to 64 KiB, as a client sends it. The mask is the same for all: this is a benchmark. */
function textMessage(text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);
  for (let index = 0; index < payload.length; index++) payload[index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
  const head =
    payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0xfe, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from(head), mask, payload]);
}
