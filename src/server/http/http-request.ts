/** What an HTTP request says: whom it is for, the token, what to wait for, the message. Pure, and strict: what is not understood is refused. */
import type { HttpExchange } from '../../io/http-exchange.js';
import { isMessageId, isUserName, MESSAGE_ID_RULE, USER_NAME_RULE } from '../../protocol/fields.js';
import { CLIENT_FRAMES } from '../../protocol/frame-catalogue.js';
import type { Message } from '../../protocol/frames/message.js';
import {
  HTTP_PATH,
  type HttpProblem,
  httpProblem,
  INPUT_FIELDS,
  JSON_TYPE,
  KEY_HEADER,
  TEXT_TYPES,
} from '../../protocol/http.js';
import { HTTP_WAIT } from '../../protocol/limits.js';

/** A request for the messages of somebody. Nothing of it is checked. */
export interface Route {
  /** As it is in the path. */
  readonly user: string;
  readonly query: string;
}

type Headers = Pick<HttpExchange, 'header'>;

/** Undefined: it is not for this door. */
export function routeOf(target: string): Route | undefined {
  const [path = '', ...query] = target.replace(/^https?:\/\/[^/?]*/i, '').split('?');
  const user = path.startsWith(HTTP_PATH) ? path.slice(HTTP_PATH.length) : '';
  return user === '' || user.includes('/') ? undefined : { user, query: query.join('?') };
}

/** RFC 6750. Undefined: there is none, or more than one. */
export function tokenOf(headers: Headers): string | undefined {
  const [value, ...more] = headers.header('authorization');
  if (value === undefined || more.length > 0) return undefined;
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(value)?.[1];
}

/** How long to wait for the delivery, in ms; undefined: not at all. */
export function waitOf(query: string): { readonly ms: number | undefined } | HttpProblem {
  const parameters = new URLSearchParams(query);
  const names = [...parameters.keys()];
  const strange = names.find((name, index) => !PARAMETERS.includes(name) || names.indexOf(name) !== index);
  if (strange !== undefined)
    return invalid('query', `only ${PARAMETERS.join(' and ')} may be in the query, once; an id is an Idempotency-Key`);
  const [wait, timeout] = [parameters.get('wait'), parameters.get('timeout')];
  if (wait !== null && wait !== 'delivered') return invalid('wait', 'wait can only be delivered');
  if (wait === null)
    return timeout === null ? { ms: undefined } : invalid('timeout', 'timeout is only for wait=delivered');
  if (timeout === null) return { ms: HTTP_WAIT.defaultMs };
  const [, digits, unit] = /^(\d{1,6})(ms|s)$/.exec(timeout) ?? [];
  const ms = Number(digits) * (unit === 's' ? 1_000 : 1);
  return ms <= HTTP_WAIT.maxMs
    ? { ms }
    : invalid('timeout', `timeout has a unit, and is 0s to ${HTTP_WAIT.maxMs / 1_000}s`);
}

const PARAMETERS = ['wait', 'timeout'];

/** The recipient. */
export function recipientOf({ user }: Route): { readonly to: string } | HttpProblem {
  const to = decoded(user);
  return to !== undefined && isUserName(to) ? { to } : invalid('to', `a user name is ${USER_NAME_RULE}`);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // Not the encoding of anything.
  }
}

/** @param newId for a message without an id. */
export function messageOf(
  headers: Headers,
  to: string,
  bytes: Uint8Array,
  newId: () => string,
): { readonly message: Message } | HttpProblem {
  const type = mediaTypeOf(headers);
  if (type === undefined || headers.header('content-encoding').length > 0) return httpProblem('unknown-media-type');
  const key = headers.header(KEY_HEADER);
  if (key.length > 1 || !key.every(isMessageId))
    return invalid('id', `${KEY_HEADER} is ${MESSAGE_ID_RULE}, in one line`, to);
  const text = decodedUtf8(bytes);
  if (text === undefined) return invalid('body', 'the body is not UTF-8', to);
  const given: Given | undefined = type === 'json' ? fieldsOf(text) : { body: text };
  if (given === undefined) return invalid('body', 'the body is not a JSON object', to);
  const { id = key[0] ?? newId() } = given;
  if (key[0] !== undefined && key[0] !== id) return invalid('id', `${KEY_HEADER} and id differ`, to);
  if ((given.to ?? to) !== to) return invalid('to', 'the recipient is the one in the path', to);
  const fields = INPUT_FIELDS.filter((name) => Object.hasOwn(given, name)).map((name) => [name, given[name]]);
  const message = { ...Object.fromEntries(fields), type: 'message', id, to };
  const fault = CLIENT_FRAMES.message.check(message);
  if (fault === undefined) return { message: message as unknown as Message };
  const { code, field } = fault;
  const about = { ...(field !== 'id' && { id: String(id) }), to, field };
  return httpProblem(code, code === 'invalid' ? { ...about, detail: `${field} is missing or wrong` } : about);
}

type Given = Readonly<Record<string, unknown>>;

function fieldsOf(json: string): Given | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Given) : undefined;
  } catch {
    return undefined; // Not JSON.
  }
}

function mediaTypeOf(headers: Headers): 'text' | 'json' | undefined {
  const [value = TEXT_TYPES[0], ...more] = headers.header('content-type');
  const [type = '', ...parameters] = value.split(';').map((part) => part.trim().toLowerCase());
  const isUtf8 = parameters.every((each) => !each.startsWith('charset=') || UTF_8.test(each));
  if (more.length > 0 || !isUtf8) return undefined;
  if (type === JSON_TYPE) return 'json';
  return (TEXT_TYPES as readonly string[]).includes(type) ? 'text' : undefined;
}

const UTF_8 = /^charset="?(utf-?8|us-ascii)"?$/;

function decodedUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes); // A BOM stays: it is part of the text.
  } catch {
    return undefined;
  }
}

const invalid = (field: string, detail: string, to?: string): HttpProblem =>
  httpProblem('invalid', { field, detail, ...(to !== undefined && { to }) });
