/** The tables, as numbered migrations. A migration that was released is never changed. */
import type { Migration } from './migrations.js';

/**
 * Every table about messages has a key that begins with the mailbox, so that a sharding extension can spread them by mailbox.
 * Times `at` are ms since 1970, by the clock of a server; those of type timestamptz are the database's.
 */
const FIRST = `
CREATE SEQUENCE generation;
CREATE SEQUENCE fence;

CREATE TABLE server (
  id text PRIMARY KEY,
  version text NOT NULL,
  schema int NOT NULL,
  address text,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  lease_until timestamptz NOT NULL
);

CREATE TABLE account (
  name text COLLATE "C" PRIMARY KEY,
  role text NOT NULL,
  at bigint NOT NULL,
  senders jsonb -- as the type Senders; NULL: everybody may write
);

CREATE TABLE token (
  account text COLLATE "C" NOT NULL REFERENCES account ON DELETE CASCADE,
  name text COLLATE "C" NOT NULL,
  generation bigint NOT NULL UNIQUE DEFAULT nextval('generation'),
  hash text NOT NULL,
  at bigint NOT NULL,
  used_at bigint,
  PRIMARY KEY (account, name)
);

CREATE TABLE outbox (
  account text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  fence bigint NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (account, id)
);

CREATE TABLE mailbox (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  is_listed boolean NOT NULL DEFAULT false, -- something was written to it
  epoch text, -- NULL: that of the store
  past_epochs text[] NOT NULL DEFAULT '{}',
  first bigint NOT NULL DEFAULT 1, -- the oldest kept message, or the next one
  last bigint NOT NULL DEFAULT 0,
  delivered bigint NOT NULL DEFAULT 0,
  waiting bigint NOT NULL DEFAULT 0, -- undelivered, without purged ones and copies
  waiting_bytes bigint NOT NULL DEFAULT 0,
  purged bigint NOT NULL DEFAULT 0, -- after the cursor
  copies bigint NOT NULL DEFAULT 0, -- after the cursor
  copy_bytes bigint NOT NULL DEFAULT 0,
  has_devices boolean NOT NULL DEFAULT false, -- false: there is only the main device, and its cursor is the mailbox's
  has_holds boolean NOT NULL DEFAULT false,
  pushed_at bigint NOT NULL DEFAULT 0,
  acked_at bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 40);

CREATE TABLE device (
  mailbox bigint NOT NULL REFERENCES mailbox,
  name text COLLATE "C" NOT NULL,
  fence bigint NOT NULL, -- of the newest session
  is_open boolean NOT NULL, -- that session has not ended
  server text, -- of that session; NULL: not known
  sessions bigint[] NOT NULL, -- fences, the oldest first
  noted bigint[] NOT NULL, -- for each: up to which seq its pushes are counted
  cursor bigint, -- NULL: it has none of its own
  at bigint NOT NULL DEFAULT 0,
  attempts int[] NOT NULL DEFAULT '{}', -- from the message after the cursor on
  copies boolean NOT NULL DEFAULT false,
  history bigint NOT NULL DEFAULT 0,
  seen_at bigint, -- a session began or ended; NULL: never
  seen_fence bigint, -- the session that has begun, and not ended
  agent text,
  PRIMARY KEY (mailbox, name)
) WITH (fillfactor = 40);

CREATE TABLE message (
  mailbox bigint NOT NULL,
  seq bigint NOT NULL,
  at bigint NOT NULL,
  key bigint NOT NULL, -- hash of sender and id
  crc bigint NOT NULL, -- of the body
  bytes int NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  is_plain boolean NOT NULL,
  sender text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  body bytea NOT NULL,
  tried_at bigint,
  purged_at bigint,
  target text, -- set: a copy of what the user sent
  device text, -- of a copy: what sent it
  restored_by text,
  restored_at bigint,
  PRIMARY KEY (mailbox, seq)
);
CREATE INDEX message_key ON message (mailbox, key) WHERE target IS NULL;

CREATE TABLE sender (
  mailbox bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  buried bigint NOT NULL, -- how many of its messages are no longer kept, and how many of them came last
  added bigint NOT NULL,
  PRIMARY KEY (mailbox, name)
) WITH (fillfactor = 60);

CREATE TABLE tombstone (
  mailbox bigint NOT NULL,
  sender text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  key bigint NOT NULL,
  crc bigint NOT NULL,
  bytes int NOT NULL,
  is_purged boolean NOT NULL,
  id text COLLATE "C" NOT NULL,
  PRIMARY KEY (mailbox, sender, seq)
);
CREATE INDEX tombstone_key ON tombstone (mailbox, key);

CREATE TABLE ack (
  mailbox bigint NOT NULL,
  seq bigint NOT NULL, -- the last one of the range
  after bigint NOT NULL,
  at bigint NOT NULL,
  device text NOT NULL,
  session text,
  pushed_at bigint,
  PRIMARY KEY (mailbox, seq)
);

CREATE TABLE push (
  mailbox bigint NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  seq bigint NOT NULL,
  after bigint NOT NULL,
  at bigint NOT NULL,
  device text NOT NULL,
  session text,
  pushed_at bigint,
  PRIMARY KEY (mailbox, number)
);

CREATE TABLE hold (
  mailbox bigint NOT NULL,
  sender text COLLATE "C" NOT NULL, -- with the fence of its session, after a space
  number bigint GENERATED ALWAYS AS IDENTITY,
  id text NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (mailbox, sender)
);

CREATE TABLE audit (
  run text NOT NULL,
  at bigint NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  entry text NOT NULL, -- JSON
  PRIMARY KEY (run, at)
);
`;

/** A login over HTTP names no user. Not unique: nobody makes the same token twice, but a folder that is brought in may have it twice. */
const TOKEN_HASH = 'CREATE INDEX token_hash ON token (hash);';

/** Which message one is about. Servers of the version before leave it out. */
const RE = 'ALTER TABLE message ADD COLUMN re text COLLATE "C"';

/** What a sender has sent: asked for by senders, mailbox by mailbox. While it is made, messages wait. */
const MESSAGE_SENDER = 'CREATE INDEX message_sender ON message (sender, mailbox, seq) WHERE target IS NULL';

/**
 * Messages that their sender purged; and up to which seq a session that has ended may have read messages: NULL is not known, in a mailbox
 * that was there before. Servers of before would restore such
 * messages, and would not note what their sessions read: they must not run.
 */
const UNSENT = `
ALTER TABLE message ADD COLUMN is_unsent boolean NOT NULL DEFAULT false;
ALTER TABLE tombstone ADD COLUMN is_unsent boolean NOT NULL DEFAULT false;
ALTER TABLE mailbox ADD COLUMN unsent bigint NOT NULL DEFAULT 0; -- after the cursor; part of "purged"
ALTER TABLE mailbox ADD COLUMN pushable bigint;
ALTER TABLE mailbox ALTER COLUMN pushable SET DEFAULT 0;
`;

export const SCHEMA: readonly Migration[] = [
  { number: 1, kind: 'expand', what: 'the tables', sql: FIRST },
  { number: 2, kind: 'expand', what: 'an index of token hashes', sql: TOKEN_HASH },
  { number: 3, kind: 'expand', what: 'what a message is about', sql: RE },
  { number: 4, kind: 'expand', what: 'an index of the messages of a sender', sql: MESSAGE_SENDER },
  { number: 5, kind: 'contract', what: 'messages that were unsent', sql: UNSENT },
];
