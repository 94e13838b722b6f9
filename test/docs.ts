/** The generated parts of docs/, made from tables in the code. `npm run docs` writes them; test/docs.test.ts compares them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT_CODES } from '../src/cli/errors/exit-codes.js';
import { TRANSPORT } from '../src/io/limits.js';
import { CLOSES, type CloseReason, isTerminal } from '../src/protocol/close-codes.js';
import { ERRORS, type ErrorCode } from '../src/protocol/error-codes.js';
import type { JsonSchema } from '../src/protocol/fields.js';
import { type Catalogue, CLIENT_FRAMES, SERVER_FRAMES } from '../src/protocol/frame-catalogue.js';
import { HTTP_DONE, HTTP_PROBLEM_CODES, problemKind } from '../src/protocol/http.js';
import { WIRE } from '../src/protocol/limits.js';
import { SESSION } from '../src/server/limits.js';
import { ALLOWED } from '../src/server/session-rules.js';
import { MAILBOX } from '../src/store/limits.js';
import { BINDINGS, keyLabel } from '../src/tui/screen/keys.js';
import { SLASH_COMMANDS } from '../src/tui/screen/slash-commands.js';
import { EN } from '../src/tui/texts/en.js';
import { peerChart } from './bench/peer-chart.js';
import { type PeerFigures, peerTable } from './bench/peer-figures.js';
import { ackedLines } from './bench/peers.js';
import { fishCompletion } from './fish-completion.js';
import { manPage } from './man-page.js';
import { readManifest } from './manifest.js';
import { openApi } from './openapi.js';
import { shellCompletions } from './shell-completion.js';

type Row = readonly string[];

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function describe(schema: JsonSchema): string {
  if (Array.isArray(schema.enum))
    return schema.enum.length > 5 ? 'one of its table' : schema.enum.map((word) => `\`${word}\``).join(' or ');
  if (schema.type === 'array')
    return `1 to ${schema.maxItems} × ${describe(schema.items as JsonSchema)}`.replace(
      '1 to',
      schema.minItems === 0 ? '0 to' : '1 to',
    );
  if (schema.type === 'object') return `{ ${fieldsOf(schema)} }`;
  if (schema.type === 'integer') return schema.minimum === undefined ? 'integer' : `integer ≥ ${schema.minimum}`;
  return String(schema.type);
}

function fieldsOf(schema: JsonSchema): string {
  const required = new Set(schema.required as readonly string[]);
  return Object.entries(schema.properties as Record<string, JsonSchema>)
    .filter(([name]) => name !== 'type')
    .map(([name, inner]) => `\`${name}\`${required.has(name) ? '' : '?'} ${describe(inner)}`)
    .join(' · ');
}

const frames = (catalogue: Catalogue): string =>
  table(
    ['frame', 'fields (? = optional)'],
    Object.values(catalogue).map(({ type, schema }) => [`\`${type}\``, fieldsOf(schema) || '–']),
  );

/** `64 KiB`, `1 MiB`. */
const size = (bytes: number): string => (bytes < 2 ** 20 ? `${bytes / 2 ** 10} KiB` : `${bytes / 2 ** 20} MiB`);
const seconds = (ms: number): string => `${ms / 1_000} s`;
const number = (value: number): string => value.toLocaleString('en');

const refused = (code: ErrorCode): string => `\`error\` \`${code}\``;
const closed = (reason: CloseReason): string => `closed with ${CLOSES[reason].code}`;

const root = join(import.meta.dirname, '../..');

/** Measured by `npm run bench:peers -- --write`. */
const peerFigures = (): PeerFigures => JSON.parse(readFileSync(join(root, 'docs/peers.json'), 'utf8')) as PeerFigures;

/** Name of the part → its text. */
export const PARTS: Readonly<Record<string, () => string>> = {
  limits: () =>
    table(
      ['limit', 'value', 'beyond it'],
      [
        ['everything before login', size(WIRE.maxBytesBeforeLogin), 'the connection ends (1009)'],
        ['time until login', seconds(SESSION.loginTimeoutMs), closed('login-timeout')],
        ['one WebSocket message of a client', size(WIRE.maxMessageBytes), 'the connection ends (1009)'],
        ['one WebSocket message of a server', size(WIRE.maxServerMessageBytes), 'a client ends the connection (1009)'],
        [
          'one HTTP request',
          `${size(TRANSPORT.maxHeaderBytes)} of headers in ${seconds(TRANSPORT.handshakeTimeoutMs)}, ${size(WIRE.maxMessageBytes)} of body, ${seconds(TRANSPORT.requestTimeoutMs)} in all`,
          '431, 413, 408',
        ],
        [
          'HTTP requests of a connection',
          `${number(TRANSPORT.maxRequests)}, ${seconds(TRANSPORT.keepAliveMs)} between them`,
          'the connection ends',
        ],
        ['frames in a package', number(WIRE.maxFramesPerPackage), 'the package is ignored (R2)'],
        ['body', `${size(WIRE.maxBodyBytes)} of UTF-8`, refused('too-large')],
        ['id', `${WIRE.maxIdLength} characters`, refused('invalid')],
        ['user name', `${WIRE.maxUserLength} characters`, refused('invalid')],
        ['ids in a frame', number(WIRE.maxIdsPerFrame), refused('invalid')],
        ['unanswered messages of a client (`window`)', number(WIRE.window), 'the client waits'],
        [
          'messages pushed to a session and not acked',
          `${number(SESSION.maxUnackedMessages)}, or ${size(SESSION.maxUnackedBytes)} of bodies`,
          'the server waits',
        ],
        [
          'undelivered messages in a mailbox',
          `${number(MAILBOX.maxUndelivered)}, or ${size(MAILBOX.maxUndeliveredBytes)} of bodies`,
          refused('mailbox-full'),
        ],
        ['devices of a user', number(MAILBOX.maxDevices), 'the one not seen for longest is dropped'],
        [
          'share of it for one sender',
          `${MAILBOX.maxShareOfOneSender * 100} % of what others leave; the last ${MAILBOX.keptForFew * 100} % are for senders with few`,
          refused('mailbox-full'),
        ],
        ['time between heartbeats of a client', seconds(WIRE.heartbeatMs), '–'],
        ['time without anything received', seconds(WIRE.idleMs), closed('idle')],
        [
          'data that a peer does not read',
          `${size(SESSION.maxBufferedBytes)} for ${seconds(SESSION.slowConsumerMs)}`,
          closed('slow-consumer'),
        ],
        ['ignored inputs per minute', number(SESSION.maxPassedOverPerMinute), closed('too-many-passed-over')],
        [
          'connections that have not logged in',
          `${number(TRANSPORT.maxStrangers)}, ${number(TRANSPORT.maxStrangersPerNetwork)} of an address`,
          `the oldest are ${closed('too-many-connections')}, or cut`,
        ],
        [
          'sessions of a user',
          `${SESSION.maxSessionsPerUser}, or a quarter of all if that is less`,
          closed('too-many-sessions'),
        ],
        ['sessions of a server', number(SESSION.maxConnections), closed('too-many-connections')],
      ],
    ),
  allowed: () =>
    table(
      ['frame', 'new', 'chat', 'send', 'operate'],
      Object.entries(ALLOWED).map(([type, by]) => [`\`${type}\``, by.new, by.chat, by.send, by.operate]),
    ),
  'client-frames': () => frames(CLIENT_FRAMES),
  'server-frames': () => frames(SERVER_FRAMES),
  errors: () =>
    table(
      ['code', 'retry', 'means'],
      Object.entries(ERRORS).map(([code, { retry, description }]) => [
        `\`${code}\``,
        retry ? 'yes' : 'no',
        description,
      ]),
    ),
  'http-answers': () =>
    table(
      ['status', 'code', 'retry', 'means'],
      [
        ...Object.entries(HTTP_DONE).map(([status, means]) => [status, '–', '–', means]),
        ...HTTP_PROBLEM_CODES.map((code) => {
          const { status, retry, description } = problemKind(code);
          return [String(status), `\`${code}\``, retry ? 'yes' : 'no', description];
        }),
      ],
    ),
  closes: () =>
    table(
      ['code', 'word', 'come back', 'means'],
      Object.entries(CLOSES).map(([word, { code, description }]) => [
        String(code),
        `\`${word}\``,
        isTerminal(code) ? 'no' : 'yes',
        description,
      ]),
    ),
  'exit-codes': () =>
    table(
      ['code', 'means'],
      Object.values(EXIT_CODES).map(({ code, description }) => [String(code), description]),
    ),
  keys: () =>
    table(
      ['key', 'what it does', 'action'],
      BINDINGS.map(({ action, keys }) => [
        keys.map((key) => `\`${keyLabel(key)}\``).join(' '),
        EN.actions[action],
        `\`${action}\``,
      ]),
    ),
  'slash-commands': () =>
    table(
      ['command', 'what it does'],
      SLASH_COMMANDS.map(({ name, argument }) => [`\`${`/${name} ${argument}`.trim()}\``, EN.commands[name]]),
    ),
  peers: () => `${peerTable(peerFigures())}\n\n"Acked" means:\n\n${ackedLines().join('\n')}`,
};

/** A page with its generated parts replaced by the current ones. @throws Error when a part has an unknown name. */
export function renew(page: string): string {
  return page.replace(/<!-- generated: ([\w-]+) -->[\s\S]*?<!-- \/generated -->/g, (_all, name: string) => {
    const part = PARTS[name];
    if (part === undefined) throw new Error(`unknown generated part: ${name}`);
    return `<!-- generated: ${name} -->\n${part()}\n<!-- /generated -->`;
  });
}

export const PAGES = [
  'docs/protocol.md',
  'docs/http.md',
  'docs/chat.md',
  'docs/scripting.md',
  'docs/operations.md',
  'docs/benchmarks.md',
].map((path) => join(root, path));

/** Files that are generated as a whole: path → content. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const manifest = readManifest(root);
  const completions = [...(await shellCompletions(root)), ['fish', fishCompletion(manifest)] as const];
  return new Map([
    [join(root, 'docs/im.1'), manPage(manifest)],
    [join(root, 'docs/openapi.json'), `${JSON.stringify(openApi(), null, 2)}\n`],
    [join(root, 'docs/peers.svg'), peerChart(peerFigures())],
    ...completions.map(([shell, text]) => [join(root, 'docs/completion', `im.${shell}`), `${text.trim()}\n`] as const),
  ]);
}

if (process.argv[1] === import.meta.filename) {
  for (const page of PAGES) writeFileSync(page, renew(readFileSync(page, 'utf8')));
  for (const [path, text] of await generatedFiles()) writeFileSync(path, text);
}
