/** Counts the calls of a port that have not come back: a test can wait until nothing is under way. */

export interface CallCount {
  inFlight: number;
}

/** The port, and what its methods resolve with (such as open files), counted. */
export function counted<T extends object>(port: T, count: CallCount): T {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]): unknown => {
        const result: unknown = member.apply(target, given);
        if (!(result instanceof Promise)) return result;
        count.inFlight++;
        return result
          .finally(() => {
            count.inFlight--;
          })
          .then((value: unknown) => (isPort(value) ? counted(value, count) : value));
      };
    },
  });
}

/** An object with methods of its own, not data. */
const isPort = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  !ArrayBuffer.isView(value) &&
  Object.values(value).some((member) => typeof member === 'function');
