/** docs/openapi.json: the HTTP door in OpenAPI 3.1, made from the tables in src/protocol. Frozen clients rely on its statuses and codes. */
import type { JsonSchema } from '../src/protocol/fields.js';
import { CLIENT_FRAMES } from '../src/protocol/frame-catalogue.js';
import {
  HTTP_DONE,
  HTTP_PROBLEM_CODES,
  HTTP_PROBLEMS,
  HTTP_STATUSES,
  INPUT_SCHEMA,
  JSON_TYPE,
  KEY_HEADER,
  OUTCOME_SCHEMA,
  PROBLEM_TYPE,
  problemKind,
  STATUS_PHRASES,
  TEXT_TYPES,
} from '../src/protocol/http.js';
import { HTTP_WAIT } from '../src/protocol/limits.js';

const { id, to, body } = CLIENT_FRAMES.message.schema.properties as Readonly<Record<string, JsonSchema>>;
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

function problemResponse(status: number) {
  const codes = HTTP_PROBLEM_CODES.filter((code) => HTTP_PROBLEMS[code].status === status);
  const header = (name: string, description: string) => ({ [name]: { description, schema: { type: 'string' } } });
  const headers = {
    ...(status === 401 && header('WWW-Authenticate', 'Bearer')),
    ...(status === 405 && header('Allow', 'POST')),
    ...(codes.some((code) => problemKind(code).retryAfter !== undefined) && header('Retry-After', 'seconds')),
  };
  return {
    description: codes.map((code) => `\`${code}\`: ${HTTP_PROBLEMS[code].description}`).join('; '),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: {
      [PROBLEM_TYPE]: {
        schema: { allOf: [ref('Problem'), { properties: { status: { const: status }, code: { enum: codes } } }] },
      },
    },
  };
}

const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'RFC 9457. `code` is stable, `detail` is for people',
  properties: {
    title: { enum: Object.values(STATUS_PHRASES) },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { enum: HTTP_PROBLEM_CODES },
    retry: { type: 'boolean', description: 'the same request may succeed later' },
    id,
    to,
    field: { type: 'string', description: 'what is missing or wrong' },
  },
  required: ['title', 'status', 'detail', 'code', 'retry'],
};

/** The document. */
export function openApi() {
  const responses = HTTP_STATUSES.map((status) => {
    const done = (HTTP_DONE as Readonly<Record<number, string>>)[status];
    const response =
      done === undefined
        ? problemResponse(status)
        : { description: done, content: { [JSON_TYPE]: { schema: ref('Outcome') } } };
    return [status, response] as const;
  });
  return {
    openapi: '3.1.0',
    info: {
      title: 'im',
      version: '1',
      description: 'Sends a message as a WebSocket of docs/protocol.md does. On the same port, with the same limits.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://127.0.0.1:4690' }],
    security: [{ token: [] }],
    paths: {
      '/v1/messages/{user}': {
        post: {
          operationId: 'sendMessage',
          summary: 'Send a message',
          parameters: [
            { name: 'user', in: 'path', required: true, description: 'the recipient', schema: to },
            {
              name: KEY_HEADER.split('-')
                .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
                .join('-'),
              in: 'header',
              description: 'the id of the message: with the same id it is stored once, however often it is sent',
              schema: id,
            },
            {
              name: 'wait',
              in: 'query',
              description: 'waits until the recipient has acked the message',
              schema: { const: 'delivered' },
            },
            {
              name: 'timeout',
              in: 'query',
              description: `how long, such as 500ms or 10s; at most ${HTTP_WAIT.maxMs / 1_000}s`,
              schema: { type: 'string', pattern: '^\\d{1,6}(ms|s)$', default: `${HTTP_WAIT.defaultMs / 1_000}s` },
            },
          ],
          requestBody: {
            content: {
              ...Object.fromEntries(TEXT_TYPES.map((type) => [type, { schema: body }])),
              [JSON_TYPE]: { schema: ref('Input') },
            },
          },
          responses: Object.fromEntries(responses) as Readonly<Record<string, { readonly content: object }>>,
        },
      },
    },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'a token of im user add' } },
      schemas: { Input: INPUT_SCHEMA, Outcome: OUTCOME_SCHEMA, Problem: PROBLEM_SCHEMA },
    },
  };
}
