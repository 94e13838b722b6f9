/** A sender and a receiver on an MQTT broker, QoS 1. Acks of all messages of one read leave in one write. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import * as mqtt from './mqtt.js';
import type { OpenPair, PairEvents } from './pair.js';
import { BODY_BYTES } from './work.js';

const MAX_PACKET_ID = 0xffff;

export function openMosquittoPair(port: number): OpenPair {
  return async (index, events) => {
    const topic = `bench/b${index}`;
    const receiver = await dial(port, events);
    receive(receiver, events);
    await request(receiver, mqtt.connectPacket(`bench-b${index}`));
    await request(receiver, mqtt.subscribePacket(topic));
    const sender = await dial(port, events);
    countAnswers(sender, events);
    await request(sender, mqtt.connectPacket(`bench-a${index}`));
    const { bytes: template, idAt, bodyAt } = mqtt.publishTemplate(topic, BODY_BYTES);
    return {
      send(first, count) {
        const batch = Buffer.allocUnsafe(template.length * count);
        for (let turn = 0; turn < count; turn++) {
          const at = turn * template.length;
          template.copy(batch, at);
          batch.writeUInt16BE(((first + turn) % MAX_PACKET_ID) + 1, at + idAt);
          batch.writeUInt32BE(first + turn, at + bodyAt);
        }
        sender.write(batch);
      },
      async close() {
        await Promise.all([sender, receiver].map(disconnect));
      },
    };
  };
}

function countAnswers(socket: Socket, events: PairEvents): void {
  let answers = 0;
  const read = mqtt.packetReader((type) => {
    if (type === mqtt.PUBACK) answers++;
  });
  socket.on('data', (chunk) => {
    read(chunk);
    if (answers > 0) events.answered(answers);
    answers = 0;
  });
}

function receive(socket: Socket, events: PairEvents): void {
  let acks: number[] = [];
  const read = mqtt.packetReader((type, bytes, start) => {
    if (type !== mqtt.PUBLISH) return;
    const idAt = start + 2 + bytes.readUInt16BE(start);
    events.received(bytes.readUInt32BE(idAt + 2));
    acks.push(bytes.readUInt16BE(idAt));
  });
  socket.on('data', (chunk) => {
    read(chunk);
    if (acks.length === 0) return;
    socket.write(mqtt.pubackPackets(acks));
    events.settled(acks.length); // MQTT does not confirm acks: sent is all we know
    acks = [];
  });
}

async function dial(port: number, events: PairEvents): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.on('error', events.failed);
  return socket;
}

/** CONNECT and SUBSCRIBE: the next chunk is the answer; a last byte above 1 is a refusal. */
async function request(socket: Socket, packet: Buffer): Promise<void> {
  const answered = once(socket, 'data');
  socket.write(packet);
  const [answer] = (await answered) as [Buffer];
  if ((answer.at(-1) ?? 0xff) > 1) throw new Error(`the broker refused: ${answer.toString('hex')}`);
}

async function disconnect(socket: Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.end(mqtt.disconnectPacket);
  await closed;
}
