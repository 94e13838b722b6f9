/** The MQTT packets of the load generator, against MQTT 3.1.1. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  connectPacket,
  PUBACK,
  PUBLISH,
  packetReader,
  pubackPackets,
  publishTemplate,
  subscribePacket,
} from './mqtt.js';

test('MQTT packets have the bytes of MQTT 3.1.1', () => {
  assert.equal(connectPacket('a').toString('hex'), '100d00044d5154540400003c000161');
  assert.equal(subscribePacket('t/1').toString('hex'), '820800010003742f3101');
  assert.equal(pubackPackets([1, 0x1234]).toString('hex'), '4002000140021234');
});

test('an MQTT publish template has room for packet id and body, also when its length takes two bytes', () => {
  for (const bodyBytes of [4, 116, 300]) {
    const { bytes, idAt, bodyAt } = publishTemplate('bench/b0', bodyBytes);
    assert.equal(bodyAt, idAt + 2);
    assert.equal(bytes.length, bodyAt + bodyBytes);
    assert.deepEqual(read([bytes]), [{ type: PUBLISH, length: 2 + 'bench/b0'.length + 2 + bodyBytes }]);
  }
});

test('the MQTT packet reader finds packets wherever the stream is split', () => {
  const stream = Buffer.concat([publishTemplate('t', 200).bytes, pubackPackets([1, 2]), publishTemplate('t', 4).bytes]);
  const whole = read([stream]);
  assert.deepEqual(
    whole.map(({ type }) => type),
    [PUBLISH, PUBACK, PUBACK, PUBLISH],
  );
  for (let cut = 1; cut < stream.length; cut++) {
    assert.deepEqual(read([stream.subarray(0, cut), stream.subarray(cut)]), whole);
  }
});

function read(chunks: readonly Buffer[]): { type: number; length: number }[] {
  const packets: { type: number; length: number }[] = [];
  const take = packetReader((type, _bytes, start, end) => packets.push({ type, length: end - start }));
  for (const chunk of chunks) take(chunk);
  return packets;
}
