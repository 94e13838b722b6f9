/** The error table: the codes of `error` frames, and whether a retry may succeed. docs/protocol.md is generated from it. */
import { WIRE } from './limits.js';

export const ERRORS = {
  unauthorized: { retry: false, description: 'the user or the token is wrong' },
  'forged-sender': { retry: false, description: '`from` is not the user who is logged in' },
  'unknown-user': { retry: false, description: 'there is no such user; im user add NAME adds one' },
  blocked: { retry: false, description: 'the recipient takes no messages from you' },
  invalid: { retry: false, description: 'a field is missing or wrong' },
  'too-large': { retry: false, description: `the body is larger than ${WIRE.maxBodyBytes / 1_024} KiB of UTF-8` },
  'id-conflict': { retry: false, description: 'the id belongs to another message to the same user' },
  'mailbox-full': {
    retry: true,
    description: 'the mailbox, or your share of it, is full; there is room again when its user connects',
  },
  unavailable: { retry: true, description: 'the server cannot store anything right now' },
  purged: { retry: false, description: 'an operator deleted this message before its delivery was confirmed' },
  unsent: { retry: false, description: 'it was unsent: its receiver never sees it' },
  'unknown-id': { retry: false, description: 'the server does not know this message' },
  forbidden: { retry: false, description: 'only an operator may do this, logged in with mode operate' },
  overloaded: { retry: true, description: 'the server has too much to do right now' },
} as const satisfies Record<string, { readonly retry: boolean; readonly description: string }>;

export type ErrorCode = keyof typeof ERRORS;
export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[];
