/**
 * Fields of frames: one definition yields the TypeScript type, the runtime check and the JSON Schema.
 * A check returns why a value is refused, or undefined. It allocates nothing: a frame is checked in some 25 ns.
 */
import { WIRE } from './limits.js';

/** Why a field was refused: the code of the `error` frame that says so. */
export type FieldErrorCode = 'invalid' | 'too-large';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Field<T> {
  readonly check: (value: unknown) => FieldErrorCode | undefined;
  readonly schema: JsonSchema;
  readonly optional: boolean;
  /** Carries the type only; never set. */
  readonly type?: T;
}

export interface OptionalField<T> extends Field<T> {
  readonly optional: true;
}

function field<T>(schema: JsonSchema, check: Field<T>['check']): Field<T> {
  return { check, schema, optional: false };
}

/** May be left out. `null` is not the same as left out. */
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

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): Field<T> {
  const known: ReadonlySet<unknown> = new Set(words);
  return field({ enum: words }, (value) => (known.has(value) ? undefined : 'invalid'));
}

/** Short well-formed text, such as a reason or a client's name for itself. */
export function text(maxLength: number, minLength = 0): Field<string> {
  return field({ type: 'string', minLength, maxLength }, (value) =>
    typeof value === 'string' && value.length >= minLength && value.length <= maxLength && value.isWellFormed()
      ? undefined
      : 'invalid',
  );
}

/** Text of a given shape. The pattern bounds the length. */
function pattern(shape: RegExp): Field<string> {
  return field({ type: 'string', pattern: shape.source }, (value) =>
    typeof value === 'string' && shape.test(value) ? undefined : 'invalid',
  );
}

/** 1 to `maximum` values of one kind. */
export function list<T>(inner: Field<T>, maximum: number, minimum = 1): Field<readonly T[]> {
  const { check } = inner;
  return field({ type: 'array', items: inner.schema, minItems: minimum, maxItems: maximum }, (value) => {
    if (!Array.isArray(value) || value.length < minimum || value.length > maximum) return 'invalid';
    for (const item of value) {
      const fault = check(item);
      if (fault !== undefined) return fault;
    }
    return undefined;
  });
}

/** An object within a frame, such as one user in an `account` answer. */
export function object<S extends Shape>(shape: S): Field<ShapeType<S>> {
  return field(schemaOf(shape), (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'invalid';
    for (const name in shape) {
      const fault = (shape[name] as Field<unknown>).check((value as Record<string, unknown>)[name]);
      if (fault !== undefined) return fault;
    }
    return undefined;
  });
}

/** Bytes of a well-formed string as UTF-8. */
export function utf8Bytes(string: string): number {
  let bytes = string.length;
  for (let index = 0; index < string.length; index++) {
    const unit = string.charCodeAt(index);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** What a person wrote: any well-formed text, empty too, bounded in UTF-8 bytes. */
export function body(): Field<string> {
  const { maxBodyBytes } = WIRE;
  return field({ type: 'string', maxLength: maxBodyBytes }, (value) => {
    if (typeof value !== 'string' || !value.isWellFormed()) return 'invalid';
    if (value.length * 3 <= maxBodyBytes) return undefined;
    return value.length > maxBodyBytes || utf8Bytes(value) > maxBodyBytes ? 'too-large' : undefined;
  });
}

const USER = /^[a-z0-9][a-z0-9._-]{0,31}$/;
/** What an id may not hold. Looking for the one that is wrong takes half the time of matching all that are right. */
const NOT_IN_ID = /[^\x21-\x7e]/;

/** The rule of `isUserName`, for people. */
export const USER_NAME_RULE = `1 to ${WIRE.maxUserLength} of a-z 0-9 . _ -, starting with a letter or digit`;
/** The rule of `isMessageId`, for people. */
export const MESSAGE_ID_RULE = `1 to ${WIRE.maxIdLength} printable ASCII characters without spaces`;

/** Whether this can be a user's name. Checked names are safe as file names (storage 10). */
export const isUserName = (value: string): boolean => USER.test(value);
/** Whether this can be the id of a message. */
export const isMessageId = (value: string): boolean =>
  value.length > 0 && value.length <= WIRE.maxIdLength && !NOT_IN_ID.test(value);

export const userName = (): Field<string> => pattern(USER);

export const messageId = (): Field<string> =>
  field({ type: 'string', pattern: `^[\\x21-\\x7e]{1,${WIRE.maxIdLength}}$` }, (value) =>
    typeof value === 'string' && isMessageId(value) ? undefined : 'invalid',
  );

export type Shape = Readonly<Record<string, Field<unknown>>>;

type RequiredNames<S extends Shape> = { [K in keyof S]: S[K] extends OptionalField<unknown> ? never : K }[keyof S];
type ValueOf<F> = F extends Field<infer T> ? T : never;

/** The TypeScript type that a shape describes. */
export type ShapeType<S extends Shape> = { readonly [K in RequiredNames<S>]: ValueOf<S[K]> } & {
  readonly [K in Exclude<keyof S, RequiredNames<S>>]?: ValueOf<S[K]>;
};

/** The JSON Schema of a shape. Unknown fields are allowed: a newer peer may send more. */
export function schemaOf(shape: Shape): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(shape).map(([name, { schema }]) => [name, schema])),
    required: Object.keys(shape).filter((name) => !shape[name]?.optional),
  };
}
