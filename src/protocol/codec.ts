/**
 * Converts the text of a WebSocket message to frames and back. Decoding never throws: each item becomes a frame, an
 * invalid frame with an error code, or "passed over".
 */
import { type FieldErrorCode, isMessageId, isUserName } from './fields.js';
import {
  type Catalogue,
  CLIENT_FRAMES,
  type ClientFrame,
  type FrameIn,
  SERVER_FRAMES,
  type ServerFrame,
} from './frame-catalogue.js';
import { quoteJson } from './json-quote.js';
import { WIRE } from './limits.js';

/** A frame of a known type with a missing or wrong field. `id` and `to` are set when they were valid themselves. */
export interface InvalidFrame {
  readonly type: 'refused';
  readonly frame: string;
  readonly code: FieldErrorCode;
  readonly field: string;
  readonly id?: string;
  readonly to?: string;
}

/** Not JSON, not a frame, or of an unknown type: it has no effect and no reply, but is counted (R2). */
interface PassedOver {
  readonly type: 'passed-over';
}

/** One item of a text message. */
export type Decoded<F> = F | InvalidFrame | PassedOver;

const PASSED_OVER: PassedOver = { type: 'passed-over' };

/** For the server: the frames of a text message from a client; see `decode`. */
export const decodeClientText = (text: string): Decoded<ClientFrame>[] => decode(text, CLIENT_FRAMES);
/** For the client: the frames of a text message from a server; see `decode`. */
export const decodeServerText = (text: string): Decoded<ServerFrame>[] => decode(text, SERVER_FRAMES);

/** The frames of one text message, in order; at least one item. The transport has checked the size of the text. */
export function decode<C extends Catalogue>(text: string, catalogue: C): Decoded<FrameIn<C>>[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [PASSED_OVER]; // R2: not JSON
  }
  if (!Array.isArray(value)) return [decodeFrame(value, catalogue)];
  if (value.length === 0 || value.length > WIRE.maxFramesPerPackage) return [PASSED_OVER];
  return value.map((item) => decodeFrame(item, catalogue));
}

function decodeFrame<C extends Catalogue>(value: unknown, catalogue: C): Decoded<FrameIn<C>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return PASSED_OVER;
  const object = value as Readonly<Record<string, unknown>>;
  const { type } = object;
  if (typeof type !== 'string' || !Object.hasOwn(catalogue, type)) return PASSED_OVER;
  const invalid = catalogue[type]?.check(object);
  if (invalid === undefined) return object as FrameIn<C>;
  return { type: 'refused', frame: type, ...invalid, ...addressOf(object) };
}

/** Tells the peer which of its frames was refused: the frame's `id` and `to`, where they are valid. */
function addressOf(object: Readonly<Record<string, unknown>>): { id?: string; to?: string } {
  const { id, to } = object;
  return {
    ...(typeof id === 'string' && isMessageId(id) && { id }),
    ...(typeof to === 'string' && isUserName(to) && { to }),
  };
}

/** One frame as JSON. Frames on the hot path are written by hand, in half the time of JSON.stringify. */
export function encode(frame: ClientFrame | ServerFrame): string {
  if (frame.type !== 'message') return JSON.stringify(frame);
  if ('seq' in frame) {
    const { seq, id, from, body, at, attempt, replay, purged, to, re } = frame;
    if (replay !== undefined || purged || to !== undefined || re !== undefined) return JSON.stringify(frame);
    return `{"type":"message","seq":${seq},"id":${quoteJson(id)},"from":${quoteJson(from)},"body":${quoteJson(body)},"at":${at},"attempt":${attempt}}`;
  }
  const { id, to, body, from, re } = frame;
  if (from !== undefined || re !== undefined) return JSON.stringify(frame);
  return `{"type":"message","id":${quoteJson(id)},"to":${quoteJson(to)},"body":${quoteJson(body)}}`;
}

interface PlainContent {
  readonly id: string;
  readonly from: string;
  readonly body: string;
  readonly at: number;
}

/**
 * Encodes pushes without marks whose `id` and `body` need no escapes: what adjacent ones have in common is put together once.
 */
export class PushEncoder {
  #from: string | undefined;
  #at = 0;
  #attempt = 0;
  #middle = '';
  #end = '';

  encode(seq: number, { id, from, body, at }: PlainContent, attempt: number): string {
    if (from !== this.#from || at !== this.#at || attempt !== this.#attempt) {
      this.#from = from;
      this.#at = at;
      this.#attempt = attempt;
      this.#middle = `","from":"${from}","body":"`;
      this.#end = `","at":${at},"attempt":${attempt}}`;
    }
    return `{"type":"message","seq":${seq},"id":"${id}${this.#middle}${body}${this.#end}`;
  }
}

/**
 * Joins the encoded frames of one turn into as few WebSocket messages as the limits allow: one write instead of many.
 * The order is kept. A single frame is not wrapped in an array.
 */
export function pack(frames: readonly string[]): string[] {
  if (frames.length === 1) return [frames[0] as string];
  const texts: string[] = [];
  let first = 0;
  let bytes = 0;
  for (let index = 0; index <= frames.length; index++) {
    // An upper bound: a UTF-16 unit is at most 3 bytes of UTF-8.
    const frameBytes = frames[index] === undefined ? 0 : (frames[index] as string).length * 3 + 1;
    const count = index - first;
    const isFull = count === WIRE.maxFramesPerPackage || bytes + frameBytes > WIRE.maxMessageBytes - 2;
    if (count > 0 && (isFull || index === frames.length)) {
      texts.push(count === 1 ? (frames[first] as string) : `[${frames.slice(first, index).join(',')}]`);
      first = index;
      bytes = 0;
    }
    bytes += frameBytes;
  }
  return texts;
}
