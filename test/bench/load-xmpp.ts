/** A sender and a receiver on an XMPP server, with stream management: a message is answered when the server has handled it. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { OpenPair, PairEvents } from './pair.js';
import { BODY_BYTES, type XmppTarget } from './work.js';
import * as xmpp from './xmpp.js';

export function openXmppPair(target: XmppTarget): OpenPair {
  return async (index, events) => {
    const body = 'x'.repeat(BODY_BYTES);
    let handled = 0;
    let received = 0;
    const receiver = await logIn(target, `b${index}`, events, (name, text, socket) => {
      if (['message', 'presence', 'iq'].includes(name)) handled++;
      if (name === 'r') {
        socket.write(xmpp.answer(handled));
        if (received > 0) events.settled(received); // acks are not confirmed: sent is all we know
        received = 0;
      }
      if (name !== 'message') return;
      received++;
      events.received(Number(xmpp.attribute(text, 'id')));
    });
    receiver.write('<presence/>');
    let answered = 0;
    const sender = await logIn(target, `a${index}`, events, (name, text) => {
      if (name !== 'a') return;
      const now = Number(xmpp.attribute(text, 'h'));
      events.answered(now - answered);
      answered = now;
    });
    const to = `b${index}@${target.host}`;
    return {
      send(first, count) {
        let text = '';
        for (let number = first; number < first + count; number++) text += xmpp.message(to, number, body);
        sender.write(text + xmpp.REQUEST);
      },
      async close() {
        await Promise.all([sender, receiver].map(close));
      },
    };
  };
}

type OnStanza = (name: string, text: string, socket: Socket) => void;

/** Resolves when stream management is enabled. @param onStanza called for what comes after that. */
async function logIn(
  { port, host, password }: XmppTarget,
  user: string,
  events: PairEvents,
  onStanza: OnStanza,
): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.setEncoding('utf8');
  await once(socket, 'connect');
  socket.on('error', events.failed);
  let isReady = false;
  let arrive: (name: string) => void = () => undefined;
  const read = xmpp.stanzaReader((name, text) => {
    if (name === 'failure' || name === 'stream:error' || name === 'failed') events.failed(new Error(`XMPP: ${text}`));
    if (isReady) onStanza(name, text, socket);
    else if (name === 'enabled') {
      isReady = true;
      arrive(name);
    } else arrive(name);
  });
  socket.on('data', read);
  const ask = async (text: string, wanted: string): Promise<void> => {
    const arrived = new Promise<void>((resolve) => {
      arrive = (name) => {
        if (name === wanted) resolve();
      };
    });
    socket.write(text);
    await arrived;
  };
  await ask(xmpp.streamHeader(host), 'stream:features');
  await ask(xmpp.auth(user, password), 'success');
  await ask(xmpp.streamHeader(host), 'stream:features');
  await ask(xmpp.BIND, 'iq');
  await ask(xmpp.ENABLE, 'enabled');
  return socket;
}

async function close(socket: Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.end('</stream:stream>');
  socket.resume();
  await closed;
}
