/** The part of MQTT 3.1.1 that a QoS 1 load generator needs: encoding packets, and decoding them without copying. */

/** Packet types: the first four bits of a packet. */
export const PUBLISH = 3;
export const PUBACK = 4;

/** With a persistent session: unacked messages survive a disconnect, which is the point of QoS 1. */
export function connectPacket(clientId: string): Buffer {
  const cleanSession = 0;
  const keepAliveSeconds = 60;
  return packet(0x10, [text('MQTT'), Buffer.from([4, cleanSession, 0, keepAliveSeconds]), text(clientId)]);
}

export function subscribePacket(topic: string): Buffer {
  return packet(0x82, [packetId(1), text(topic), Buffer.from([1])]);
}

/** A template of a QoS 1 PUBLISH: copies get their packet id at offset `idAt` and their body at `bodyAt`. */
export function publishTemplate(topic: string, bodyBytes: number): { bytes: Buffer; idAt: number; bodyAt: number } {
  const bytes = packet(0x32, [text(topic), packetId(0), Buffer.alloc(bodyBytes, 'x')]);
  return { bytes, idAt: bytes.length - bodyBytes - 2, bodyAt: bytes.length - bodyBytes };
}

/** A PUBACK for each id, in one buffer. */
export function pubackPackets(ids: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(ids.length * 4);
  let at = 0;
  for (const id of ids) {
    bytes.writeUInt16BE(0x4002, at);
    bytes.writeUInt16BE(id, at + 2);
    at += 4;
  }
  return bytes;
}

export const disconnectPacket = Buffer.from([0xe0, 0]);

function packet(header: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const size = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
  if (length >= 1 << 14) throw new RangeError('packets of the load generator are under 16 KiB');
  return Buffer.concat([Buffer.from([header, ...size]), ...parts]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([packetId(bytes.length), bytes]);
}

function packetId(id: number): Buffer {
  return Buffer.from([id >> 8, id & 0xff]);
}

/** Called for each packet: its type, and the range of its contents (after the length) in `bytes`. */
export type OnPacket = (type: number, bytes: Buffer, start: number, end: number) => void;

/** Returns a function that takes the chunks of a connection and calls `onPacket` for each complete packet in them. */
export function packetReader(onPacket: OnPacket): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      let length = 0;
      let head = at + 1;
      let more = true;
      for (let shift = 0; more && head < bytes.length; shift += 7) {
        const byte = bytes[head++] ?? 0;
        length |= (byte & 0x7f) << shift;
        more = byte > 0x7f;
      }
      if (more || head + length > bytes.length) break;
      onPacket((bytes[at] ?? 0) >> 4, bytes, head, head + length);
      at = head + length;
    }
    rest = bytes.subarray(at);
  };
}
