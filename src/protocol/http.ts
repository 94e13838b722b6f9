/**
 * The HTTP door: its statuses, problems and fields. `POST /v1/messages/{user}` is a `message` of a session in mode `send`.
 * docs/http.md and docs/openapi.json are generated from these tables.
 */
import { CLOSES } from './close-codes.js';
import { ERROR_CODES, ERRORS } from './error-codes.js';
import { boolean, messageId, object, oneOf, optional, type ShapeType } from './fields.js';
import { CLIENT_FRAMES } from './frame-catalogue.js';

/** What precedes the recipient in the path. docs/openapi.json has it, too. */
export const HTTP_PATH = '/v1/messages/';
/** The message id, if it is not in a JSON body. */
export const KEY_HEADER = 'idempotency-key';
export const PROBLEM_TYPE = 'application/problem+json';
export const JSON_TYPE = 'application/json';
/** `application/x-www-form-urlencoded` is what curl -d says of any text; it is not decoded. No type at all is text, too. */
export const TEXT_TYPES = ['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream'] as const;

/** Answers without an error, by status. */
export const HTTP_DONE = {
  200: 'the message was known already (`duplicate`), or with `wait=delivered`: it is delivered',
  201: 'stored: it is on disk',
  202: 'with `wait=delivered`: stored, but not delivered in time; do not send it again',
} as const;

const OUTCOME = {
  id: messageId(),
  state: oneOf('stored', 'delivered'),
  /** The server had it already (R8). */
  duplicate: optional(boolean()),
};
export type HttpOutcome = ShapeType<typeof OUTCOME>;
export const OUTCOME_SCHEMA = object(OUTCOME).schema;

const { type: _, to: __, ...input } = CLIENT_FRAMES.message.schema.properties as Record<string, object>;
/** A JSON body: the frame `message` without what the path says. */
export const INPUT_SCHEMA = { type: 'object', properties: input, required: ['body'] } as const;
/** Its fields. */
export const INPUT_FIELDS: readonly string[] = Object.keys(input);

interface ProblemKind {
  readonly status: number;
  readonly retry: boolean;
  readonly description: string;
  /** Seconds: header `Retry-After`. */
  readonly retryAfter?: number;
}

/** Errors by code: those of `error` frames, words of the close table, and what there is only here. */
export const HTTP_PROBLEMS = {
  invalid: { status: 400, ...ERRORS.invalid },
  unauthorized: { status: 401, retry: false, description: 'the token is missing or wrong' },
  revoked: { status: 401, retry: false, description: CLOSES.revoked.description },
  'web-page': { status: 403, retry: false, description: 'web pages of this origin may not connect' },
  'forged-sender': { status: 403, ...ERRORS['forged-sender'] },
  blocked: { status: 403, ...ERRORS.blocked },
  'unknown-user': { status: 404, ...ERRORS['unknown-user'] },
  'unknown-method': { status: 405, retry: false, description: 'only POST sends a message' },
  'id-conflict': { status: 409, ...ERRORS['id-conflict'] },
  purged: { status: 410, ...ERRORS.purged },
  unsent: { status: 410, ...ERRORS.unsent },
  'too-large': { status: 413, ...ERRORS['too-large'] },
  'unknown-media-type': {
    status: 415,
    retry: false,
    description: 'the body is neither text in UTF-8 nor application/json, or it is compressed',
  },
  'too-many-messages': {
    status: 429,
    retry: true,
    description: 'you send faster than the server allows',
    retryAfter: 1,
  },
  'too-many-sessions': {
    status: 429,
    retry: true,
    description: CLOSES['too-many-sessions'].description,
    retryAfter: 1,
  },
  'too-many-failed-logins': {
    status: 429,
    retry: true,
    description: CLOSES['too-many-failed-logins'].description,
    retryAfter: 2,
  },
  'mailbox-full': { status: 429, ...ERRORS['mailbox-full'], retryAfter: 30 },
  'server-error': {
    status: 500,
    retry: true,
    description: 'a bug, or the server does not know whether the message is stored: send it again with the same id',
  },
  unavailable: { status: 503, ...ERRORS.unavailable, retryAfter: 5 },
  overloaded: { status: 503, ...ERRORS.overloaded, retryAfter: 5 },
  'too-many-connections': {
    status: 503,
    retry: true,
    description: CLOSES['too-many-connections'].description,
    retryAfter: 5,
  },
  shutdown: { status: 503, retry: true, description: CLOSES.shutdown.description, retryAfter: 2 },
} as const satisfies Record<string, ProblemKind>;

export type HttpProblemCode = keyof typeof HTTP_PROBLEMS;
export const HTTP_PROBLEM_CODES = Object.keys(HTTP_PROBLEMS) as readonly HttpProblemCode[];
/** All codes with which something is refused, by a frame or by HTTP. */
export const REFUSAL_CODES: readonly string[] = [...new Set<string>([...ERROR_CODES, ...HTTP_PROBLEM_CODES])];
export const problemKind = (code: HttpProblemCode): ProblemKind => HTTP_PROBLEMS[code];

/** All statuses, ascending. */
export const HTTP_STATUSES: readonly number[] = [
  ...new Set([...Object.keys(HTTP_DONE).map(Number), ...HTTP_PROBLEM_CODES.map((code) => HTTP_PROBLEMS[code].status)]),
].sort((a, b) => a - b);

/** The titles of a problem whose type is `about:blank`, as RFC 9457 wants them: the phrase of the status. */
export const STATUS_PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Problem details (RFC 9457), with members of our own. */
export interface HttpProblem {
  readonly title: string;
  readonly status: number;
  /** For people. */
  readonly detail: string;
  readonly code: HttpProblemCode;
  /** The same request may succeed later. */
  readonly retry: boolean;
  readonly id?: string;
  readonly to?: string;
  /** What is missing or wrong. */
  readonly field?: string;
}

interface ProblemAbout {
  readonly id?: string;
  readonly to?: string;
  readonly field?: string;
  /** In place of the description. */
  readonly detail?: string;
}

export function httpProblem(code: HttpProblemCode, { detail, ...about }: ProblemAbout = {}): HttpProblem {
  const { status, retry, description } = problemKind(code);
  return { title: STATUS_PHRASES[status] as string, status, detail: detail ?? description, code, retry, ...about };
}

const word = (name: string): name is HttpProblemCode => Object.hasOwn(HTTP_PROBLEMS, name);
/** The problem for a code of an `error` frame, or for a close reason; `server-error` for one that has none here. */
export const problemCodeOf = (name: string): HttpProblemCode => (word(name) ? name : 'server-error');
