/** The readers of NATS and XMPP: they find messages wherever the stream is split. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as nats from './nats.js';
import * as xmpp from './xmpp.js';

function readNats(chunks: readonly string[]): unknown[] {
  const found: unknown[] = [];
  const read = nats.natsReader({
    message: (sid, reply, body) => found.push([sid, reply, body]),
    line: (text) => found.push(text),
  });
  for (const chunk of chunks) read(chunk);
  return found;
}

test('the NATS reader finds messages with and without a reply subject, and other lines', () => {
  const stream = 'INFO {}\r\nMSG a 1 $JS.ACK.1 5\r\nhe\r\no\r\nPING\r\nMSG a 2  2\r\nhi\r\nMSG b 3 0\r\n\r\n-ERR x\r\n';
  const whole = ['INFO {}', [1, '$JS.ACK.1', 'he\r\no'.slice(0, 5)], 'PING', [2, '', 'hi'], [3, '', ''], '-ERR x'];
  assert.deepEqual(readNats([stream]), whole);
  for (let cut = 1; cut < stream.length; cut++)
    assert.deepEqual(readNats([stream.slice(0, cut), stream.slice(cut)]), whole, `cut at ${cut}`);
});

test('NATS commands have the text of the protocol', () => {
  assert.equal(nats.publish('a', 'b', 'hello'), 'PUB a b 5\r\nhello\r\n');
  assert.equal(nats.ack('$JS.ACK.1'), 'PUB $JS.ACK.1 0\r\n\r\n');
  assert.equal(nats.subscribe('a', 1), 'SUB a 1\r\n');
});

function readXmpp(chunks: readonly string[]): unknown[] {
  const found: unknown[] = [];
  const read = xmpp.stanzaReader((name, text) => found.push([name, text]));
  for (const chunk of chunks) read(chunk);
  return found;
}

test('the XMPP reader finds stanzas, empty ones too, and their attributes', () => {
  const stanzas = [
    ['?xml', "<?xml version='1.0'?>"],
    ['stream:stream', "<stream:stream id='1' from='localhost'>"],
    ['stream:features', '<stream:features><bind/></stream:features>'],
    ['message', "<message id='7' from='a@b/c'><body>x &lt; y</body></message>"],
    ['a', "<a h='2' xmlns='urn:xmpp:sm:3'/>"],
    ['r', "<r xmlns='urn:xmpp:sm:3'/>"],
    ['/stream:stream', '</stream:stream>'],
  ] as const;
  const stream = stanzas.map(([, text]) => text).join('');
  for (let cut = 0; cut < stream.length; cut++)
    assert.deepEqual(readXmpp([stream.slice(0, cut), stream.slice(cut)]), stanzas, `cut at ${cut}`);
  assert.equal(xmpp.attribute(stanzas[3][1], 'id'), '7');
  assert.equal(xmpp.attribute(stanzas[4][1], 'h'), '2');
  assert.equal(xmpp.attribute(stanzas[5][1], 'h'), undefined);
});
