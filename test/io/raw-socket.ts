/** A client that sends raw bytes, as a broken or hostile peer can, and reads the raw answer. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawSocket {
  readonly socket: Socket;
  /** Everything received, when the server has closed or cut the connection. */
  readonly everything: Promise<Buffer>;
  /** Everything received so far, as soon as it contains this text. */
  until(text: string): Promise<Buffer>;
}

/** @param from the address that it comes from. */
export async function connectRaw(url: string, from?: string): Promise<RawSocket> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ port: Number(port), host, ...(from !== undefined && { localAddress: from }) });
  socket.on('error', () => {}); // The server may close with a reset.
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  const everything = new Promise<Buffer>((resolve) => socket.once('close', () => resolve(bytes)));
  await once(socket, 'connect');
  return {
    socket,
    everything,
    async until(text) {
      while (!bytes.includes(text)) await once(socket, 'data');
      return bytes;
    },
  };
}

/** A WebSocket handshake request. The headers given replace the defaults; undefined removes one. */
export function upgradeRequest(headers: Readonly<Record<string, string | undefined>> = {}): string {
  const all = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Protocol': 'im.v1',
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]));
  return `GET / HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** A raw connection that has completed the WebSocket handshake. */
export async function openRaw(url: string, from?: string): Promise<RawSocket> {
  const raw = await connectRaw(url, from);
  raw.socket.write(upgradeRequest());
  await raw.until('\r\n\r\n');
  return raw;
}

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  readonly opcode?: number;
  readonly isFinal?: boolean;
  readonly isMasked?: boolean;
  /** The three reserved bits. */
  readonly reserved?: number;
}

/** One WebSocket frame as a client sends it. */
export function frame(payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { opcode = OPCODES.text, isFinal = true, isMasked = true, reserved = 0 } = options;
  const data = Buffer.from(payload);
  const mask = isMasked ? randomBytes(4) : Buffer.alloc(0);
  const masked = isMasked ? data.map((byte, index) => byte ^ (mask[index % 4] as number)) : data;
  const first = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode;
  return Buffer.concat([Buffer.from([first]), lengthBytes(data.length, isMasked), mask, masked]);
}

function lengthBytes(length: number, isMasked: boolean): Buffer {
  const flag = isMasked ? 0x80 : 0;
  if (length < 126) return Buffer.from([flag | length]);
  const bytes = Buffer.alloc(length < 65_536 ? 3 : 9);
  bytes[0] = flag | (length < 65_536 ? 126 : 127);
  if (length < 65_536) bytes.writeUInt16BE(length, 1);
  else bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

/** The code of the close frame at the end of the received bytes; 1006 without one. Expects frames below 126 bytes. */
export function closeCodeOf(everything: Buffer): number {
  let at = everything.indexOf('\r\n\r\n') + 4;
  while (at + 2 <= everything.length) {
    const opcode = (everything[at] as number) & 0x0f;
    const length = everything[at + 1] as number;
    if (opcode === OPCODES.close) return length >= 2 ? everything.readUInt16BE(at + 2) : 1005;
    at += 2 + length;
  }
  return 1006;
}
