/** A sender and a receiver on NATS JetStream: a stream in files for each receiver, a durable consumer with explicit acks. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import * as nats from './nats.js';
import type { OpenPair, PairEvents } from './pair.js';
import { BODY_BYTES } from './work.js';

/** Subscriptions of a connection. */
const PUSHES = 1;
const ANSWERS = 2;

export function openNatsPair(port: number): OpenPair {
  return async (index, events) => {
    const stream = `b${index}`;
    const subject = `bench.${stream}`;
    const receiver = await dial(port, events, (sid, reply, body, socket) => {
      if (sid !== PUSHES) return;
      events.received(Number(body.slice(0, DIGITS)));
      socket.ack(reply);
    });
    receiver.write(nats.subscribe(`deliver.${stream}`, PUSHES));
    const config = { name: stream, subjects: [subject], retention: 'workqueue', storage: 'file', num_replicas: 1 };
    await receiver.request(`$JS.API.STREAM.CREATE.${stream}`, config);
    await receiver.request(`$JS.API.CONSUMER.DURABLE.CREATE.${stream}.reader`, {
      stream_name: stream,
      config: { durable_name: 'reader', deliver_subject: `deliver.${stream}`, ack_policy: 'explicit' },
    });
    const answers = `answers.a${index}`;
    const sender = await dial(port, events, (sid, _reply, body) => {
      if (sid !== PUSHES) return;
      if (body.includes('"error"')) events.failed(new Error(`NATS refused: ${body}`));
      else events.answered(1);
    });
    sender.write(nats.subscribe(answers, PUSHES));
    const filler = 'x'.repeat(BODY_BYTES - DIGITS);
    return {
      send(first, count) {
        let text = '';
        for (let number = first; number < first + count; number++)
          text += nats.publish(subject, answers, String(number).padStart(DIGITS, '0') + filler);
        sender.write(text);
      },
      async close() {
        await Promise.all([sender.close(), receiver.close()]);
      },
    };
  };
}

/** Of the number at the beginning of a body. */
const DIGITS = 10;

interface NatsSession {
  write(text: string): void;
  /** Acks at the end of this chunk, in one write with all others. */
  ack(reply: string): void;
  /** Asks JetStream. @throws Error when it refuses. */
  request(subject: string, body: object): Promise<void>;
  close(): Promise<void>;
}

type OnMessage = (sid: number, reply: string, body: string, session: NatsSession) => void;

async function dial(port: number, events: PairEvents, onMessage: OnMessage): Promise<NatsSession> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.setEncoding('latin1');
  await once(socket, 'connect');
  socket.on('error', events.failed);
  const inbox = `inbox.${socket.localPort}`;
  let acks = '';
  let count = 0;
  let answer: (body: string) => void = () => undefined;
  let ready: () => void = () => undefined;
  const session: NatsSession = {
    write: (text) => socket.write(text, 'latin1'),
    ack(reply) {
      acks += nats.ack(reply);
      count++;
    },
    async request(subject, body) {
      const answered = new Promise<string>((resolve) => {
        answer = resolve;
      });
      socket.write(nats.publish(subject, inbox, JSON.stringify(body)), 'latin1');
      const text = await answered;
      if (text.includes('"error"')) throw new Error(`${subject}: ${text}`);
    },
    async close() {
      const closed = once(socket, 'close');
      socket.end();
      await closed;
    },
  };
  const read = nats.natsReader({
    message(sid, reply, body) {
      if (sid === ANSWERS) answer(body);
      else onMessage(sid, reply, body, session);
    },
    line(text) {
      if (text === 'PING') socket.write('PONG\r\n');
      else if (text === 'PONG') ready();
      else if (text.startsWith('-ERR')) events.failed(new Error(`NATS: ${text}`));
    },
  });
  socket.on('data', (chunk: string) => {
    read(chunk);
    if (count === 0) return;
    socket.write(acks, 'latin1');
    events.settled(count); // acks are not confirmed: sent is all we know
    acks = '';
    count = 0;
  });
  const connected = new Promise<void>((resolve) => {
    ready = resolve;
  });
  socket.write(nats.CONNECT);
  await connected;
  session.write(nats.subscribe(inbox, ANSWERS));
  return session;
}
