/** The generated parts of docs/: written from the code's own tables. `npm run docs` writes them; test/docs.test.ts compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT_CODES } from '../src/cli/errors/exit-codes.js';
import { CLOSES, isTerminal } from '../src/protocol/close-codes.js';
import { ERRORS } from '../src/protocol/error-codes.js';
import type { JsonSchema } from '../src/protocol/field-types.js';
import { type Catalogue, CLIENT_FRAMES, SERVER_FRAMES } from '../src/protocol/frame-catalogue.js';
import { ALLOWED } from '../src/server/session-rules.js';
import { KEY_GROUPS, keyLabel } from '../src/tui/screen/keys.js';
import { SLASH_COMMANDS } from '../src/tui/screen/slash-commands.js';

import { fishCompletion } from './fish-completion.js';
import { manPage } from './man-page.js';
import { readManifest } from './manifest.js';

type Row = readonly string[];

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function describe(schema: JsonSchema): string {
  if (Array.isArray(schema.enum))
    return schema.enum.length > 4 ? 'one of its table' : schema.enum.map((word) => `\`${word}\``).join(' or ');
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

/** Name of the part → its text. */
export const PARTS: Readonly<Record<string, () => string>> = {
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
      ['key', 'what it does'],
      KEY_GROUPS.flatMap(({ bindings }) => bindings)
        .filter(({ description }) => description !== undefined)
        .map(({ keys, description = '' }) => [keys.map((key) => `\`${keyLabel(key)}\``).join(' '), description]),
    ),
  'slash-commands': () =>
    table(
      ['command', 'what it does'],
      SLASH_COMMANDS.map(({ name, argument, description }) => [`\`${`/${name} ${argument}`.trim()}\``, description]),
    ),
};

/** A page with its generated parts renewed. @throws Error when a part is not known or not closed. */
export function renew(page: string): string {
  return page.replace(/<!-- generated: ([\w-]+) -->[\s\S]*?<!-- \/generated -->/g, (_all, name: string) => {
    const part = PARTS[name];
    if (part === undefined) throw new Error(`there is no generated part ${name}`);
    return `<!-- generated: ${name} -->\n${part()}\n<!-- /generated -->`;
  });
}

const root = join(import.meta.dirname, '../..');
export const PAGES = ['docs/protocol.md', 'docs/chat.md', 'docs/scripting.md'].map((path) => join(root, path));

/** Whole files that are made, and what is in them. */
export function madeFiles(): ReadonlyMap<string, string> {
  const manifest = readManifest(root);
  return new Map([
    [join(root, 'docs/im.1'), manPage(manifest)],
    [join(root, 'docs/examples/im.fish'), fishCompletion(manifest)],
  ]);
}

if (process.argv[1] === import.meta.filename) {
  for (const page of PAGES) writeFileSync(page, renew(readFileSync(page, 'utf8')));
  for (const [path, text] of madeFiles()) writeFileSync(path, text);
}
