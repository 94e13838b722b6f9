/** Defines a frame: its type, its fields, and the check of a received value. */
import { type Field, type FieldErrorCode, type JsonSchema, type Shape, type ShapeType, schemaOf } from './fields.js';

/** The first field that is missing or wrong. */
interface InvalidField {
  readonly code: FieldErrorCode;
  readonly field: string;
}

/** The definition of one frame in one direction. */
export interface FrameDefinition<N extends string = string, T = { readonly type: N }> {
  readonly type: N;
  /** Returns undefined when the value is such a frame. Unknown fields are ignored. */
  readonly check: (value: Readonly<Record<string, unknown>>) => InvalidField | undefined;
  readonly schema: JsonSchema;
  /** Only carries the type; never set. */
  readonly frame?: T;
}

/** The TypeScript type of a defined frame. */
export type FrameOf<D> = D extends FrameDefinition<string, infer T> ? T : never;

/** Defines the frame `type` with these fields. The check looks at them in the order given and stops at the first invalid one. */
export function defineFrame<const N extends string, S extends Shape>(
  type: N,
  shape: S,
): FrameDefinition<N, { readonly type: N } & ShapeType<S>> {
  // Two arrays and an index, because this loop runs for every frame.
  const names = Object.keys(shape);
  const checks = names.map((name) => (shape[name] as Field<unknown>).check);
  const { properties, ...rest } = schemaOf(shape);
  return {
    type,
    schema: { title: type, ...rest, properties: { type: { const: type }, ...(properties as object) } },
    check(value) {
      for (let index = 0; index < names.length; index++) {
        const field = names[index] as string;
        const code = (checks[index] as Field<unknown>['check'])(value[field]);
        if (code !== undefined) return { code, field };
      }
      return undefined;
    },
  };
}
