/**
 * Field types of frames: one definition gives the TypeScript type, the runtime check and the JSON Schema.
 * A check returns the error code of an invalid value, or undefined. It allocates nothing: a frame takes about 25 ns.
 */
import { WIRE } from './limits.js';

/** Why a field is refused: the code of the `error` frame. */
export type FieldErrorCode = 'invalid' | 'too-large';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** One field of a frame. */
export interface Field<T> {
  readonly check: (value: unknown) => FieldErrorCode | undefined;
  readonly schema: JsonSchema;
  readonly optional: boolean;
  /** Only carries the type; never set. */
  readonly type?: T;
}

export interface OptionalField<T> extends Field<T> {
  readonly optional: true;
}

function field<T>(schema: JsonSchema, check: Field<T>['check']): Field<T> {
  return { check, schema, optional: false };
}

/** May be left out. `null` does not count as left out. */
export function optional<T>(inner: Field<T>): OptionalField<T> {
  const { check, schema } = inner;
  return { schema, optional: true, check: (value) => (value === undefined ? undefined : check(value)) };
}

/** A whole number that JSON carries exactly. */
export function integer(minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): Field<number> {
  return field({ type: 'integer', minimum, maximum }, (value) =>
    Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum ? undefined : 'invalid',
  );
}

export function boolean(): Field<boolean> {
  return field({ type: 'boolean' }, (value) => (typeof value === 'boolean' ? undefined : 'invalid'));
}

/** One of a fixed set of strings. */
export function oneOf<const T extends string>(...values: readonly T[]): Field<T> {
  const known: ReadonlySet<unknown> = new Set(values);
  return field({ enum: values }, (value) => (known.has(value) ? undefined : 'invalid'));
}

/** Short well-formed text, such as a reason or the client's name. Lengths are in UTF-16 units. */
export function text(maxLength: number, minLength = 0): Field<string> {
  return field({ type: 'string', minLength, maxLength }, (value) =>
    typeof value === 'string' && value.length >= minLength && value.length <= maxLength && value.isWellFormed()
      ? undefined
      : 'invalid',
  );
}

/** Text that matches a regular expression, which also bounds its length. */
function pattern(expression: RegExp): Field<string> {
  return field({ type: 'string', pattern: expression.source }, (value) =>
    typeof value === 'string' && expression.test(value) ? undefined : 'invalid',
  );
}

/** An array of `minimum` (default 1) to `maximum` values of one type. */
export function list<T>(inner: Field<T>, maximum: number, minimum = 1): Field<readonly T[]> {
  const { check } = inner;
  return field({ type: 'array', items: inner.schema, minItems: minimum, maxItems: maximum }, (value) => {
    if (!Array.isArray(value) || value.length < minimum || value.length > maximum) return 'invalid';
    for (const item of value) {
      const code = check(item);
      if (code !== undefined) return code;
    }
    return undefined;
  });
}

/** An object within a frame, such as one user in an `account` answer. */
export function object<S extends Shape>(shape: S): Field<ShapeType<S>> {
  return field(schemaOf(shape), (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'invalid';
    for (const name in shape) {
      const code = (shape[name] as Field<unknown>).check((value as Record<string, unknown>)[name]);
      if (code !== undefined) return code;
    }
    return undefined;
  });
}

/** The length of a well-formed string in bytes of UTF-8. */
export function utf8Bytes(string: string): number {
  let bytes = string.length;
  for (let index = 0; index < string.length; index++) {
    const unit = string.charCodeAt(index);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** The body of a message: any well-formed text, also empty, up to WIRE.maxBodyBytes of UTF-8. */
export function body(): Field<string> {
  const { maxBodyBytes } = WIRE;
  return field({ type: 'string', maxLength: maxBodyBytes }, (value) => {
    if (typeof value !== 'string' || !value.isWellFormed()) return 'invalid';
    if (value.length * 3 <= maxBodyBytes) return undefined;
    return value.length > maxBodyBytes || utf8Bytes(value) > maxBodyBytes ? 'too-large' : undefined;
  });
}

const USER = new RegExp(`^[a-z0-9][a-z0-9._-]{0,${WIRE.maxUserLength - 1}}$`);
/** Searching for one invalid character takes half the time of matching all the valid ones. */
const NOT_IN_ID = /[^\x21-\x7e]/;

/** The rule of `isUserName`, for people. */
export const USER_NAME_RULE = `1 to ${WIRE.maxUserLength} of a-z 0-9 . _ -, starting with a letter or digit`;
/** The rule of `isMessageId`, for people. */
export const MESSAGE_ID_RULE = `1 to ${WIRE.maxIdLength} printable ASCII characters without spaces`;

/** Whether this is a valid user name. Valid names are safe as file names (storage 10). */
export const isUserName = (value: string): boolean => USER.test(value);
/** Whether this is a valid message id. */
export const isMessageId = (value: string): boolean =>
  value.length > 0 && value.length <= WIRE.maxIdLength && !NOT_IN_ID.test(value);

/** A user name; see `isUserName`. */
export const userName = (): Field<string> => pattern(USER);

/** A message id, also used as the id of an operator's request; see `isMessageId`. */
export const messageId = (): Field<string> =>
  field({ type: 'string', pattern: `^[\\x21-\\x7e]{1,${WIRE.maxIdLength}}$` }, (value) =>
    typeof value === 'string' && isMessageId(value) ? undefined : 'invalid',
  );

/** The fields of an object, by name. */
export type Shape = Readonly<Record<string, Field<unknown>>>;

type RequiredNames<S extends Shape> = { [K in keyof S]: S[K] extends OptionalField<unknown> ? never : K }[keyof S];
type ValueOf<F> = F extends Field<infer T> ? T : never;

/** The TypeScript type that a shape describes. */
export type ShapeType<S extends Shape> = { readonly [K in RequiredNames<S>]: ValueOf<S[K]> } & {
  readonly [K in Exclude<keyof S, RequiredNames<S>>]?: ValueOf<S[K]>;
};

/** The JSON Schema of a shape. Additional fields are allowed: a newer peer may send more. */
export function schemaOf(shape: Shape): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(shape).map(([name, { schema }]) => [name, schema])),
    required: Object.keys(shape).filter((name) => !shape[name]?.optional),
  };
}
