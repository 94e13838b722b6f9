/**
 * The reference of `npm run bench:guard`, as a process of its own so that it can be bound to a core: what a server does for a
 * message, without its rules, its disk and its sockets' frames. It must never change: the committed ratios are relative to it.
 * Prints the CPU time for each message, µs.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

/** Messages in one package. */
const PACKAGE = 64;
const WARM_UP = 1_500;
const PACKAGES = 5_000;
const KNOWN = 200_000;
const BODY = 'x'.repeat(116);

/** Parses a package, looks up each id, checks each body, and encodes what a recipient would get. */
class Work {
  readonly #known = new Map<string, number>();
  #seq = 0;

  handle(text: string): string {
    const frames = JSON.parse(text) as readonly { readonly id: string; readonly body: string }[];
    const pushes: string[] = [];
    for (const { id, body } of frames) {
      if (this.#known.has(id)) continue;
      this.#known.set(id, ++this.#seq);
      pushes.push(JSON.stringify({ type: 'message', seq: this.#seq, id, from: 'a', body, at: checksum(body) }));
    }
    if (this.#known.size > KNOWN) this.#known.clear();
    return `[${pushes.join(',')}]`;
  }
}

/** Some arithmetic for each byte. */
function checksum(body: string): number {
  let sum = 5_381;
  for (const byte of Buffer.from(body)) sum = (Math.imul(sum, 33) ^ byte) >>> 0;
  return sum;
}

/** A package that was never seen before. */
const packageOf = (number: number): string =>
  JSON.stringify(
    Array.from({ length: PACKAGE }, (_, index) => ({
      type: 'message',
      id: `r.${number}.${index}`,
      to: 'b',
      body: BODY,
    })),
  );

// Each package goes through the loopback once, so that system calls have their part.
const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
await once(server, 'listening');
const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
await once(socket, 'connect');
const work = new Work();

async function run(first: number, count: number): Promise<void> {
  for (let number = first; number < first + count; number++) {
    const bytes = Buffer.from(work.handle(packageOf(number)));
    socket.write(bytes);
    for (let back = 0; back < bytes.length; ) back += ((await once(socket, 'data')) as [Buffer])[0].length;
  }
}

await run(0, WARM_UP);
const before = process.cpuUsage();
await run(WARM_UP, PACKAGES);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ micros: (user + system) / (PACKAGES * PACKAGE) }));
socket.destroy();
server.close();
