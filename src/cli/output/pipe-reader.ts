/**
 * Notices at once that nobody reads stdout any more, as after `| head -1`: otherwise only the next write finds out, and a command
 * that waits may not write for days. Only for a pipe on Linux.
 *
 * The kernel reports it to whoever polls the pipe, but Node polls what it reads only, and refuses to read from the writing end; it
 * does not refuse where it believes that this is a connection. Then the pipe's error wakes it, the read fails, and nothing was read.
 * This is no documented interface of Node: wherever it does not work, the next write finds out as before. What does not work at all:
 * to write nothing (the kernel takes that without a look), to open the pipe for writing again without blocking (fails only for a
 * named pipe without a reader), `fs.watch` (asks for other events), and to look into /proc for its readers (other users' are hidden).
 */
import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { Socket } from 'node:net';

/** What is used of a handle of Node. */
interface Handle {
  /** Returns an error code; 0: none. */
  open(descriptor: number): number;
  close(): void;
}

type HandleClass = new (kind: number) => Handle;

/** Resolves when nobody can read from this pipe any more; never, if that cannot be noticed. Keeps no process alive. */
export function untilReaderGone(descriptor = 1): Promise<'done'> {
  return new Promise((resolve) => {
    try {
      watch(`/proc/self/fd/${descriptor}`, () => resolve('done'));
    } catch {
      // Not Linux, no /proc, or a Node that does it in another way.
    }
  });
}

function watch(path: string, onGone: () => void): void {
  if (!readlinkSync(path).startsWith('pipe:')) return; // a named pipe may get another reader
  const Connection = connectionClass();
  if (Connection === undefined) return;
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const handle = new Connection(0);
  if (handle.open(descriptor) !== 0) {
    handle.close();
    closeSync(descriptor);
    return;
  }
  const socket = new Socket({ handle, readable: true, writable: false } as ConstructorParameters<typeof Socket>[0]);
  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EBADF') onGone(); // the read, which only an error of the pipe can have caused
  });
  socket.resume();
  socket.unref();
}

/** The class of Node's connections, from one that is never made. */
function connectionClass(): HandleClass | undefined {
  const socket = new Socket();
  socket.connect({ host: 'nowhere.invalid', port: 1, lookup: () => undefined });
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly constructor?: HandleClass } };
  const found = handle?.constructor;
  socket.destroy();
  return typeof found?.prototype.open === 'function' ? found : undefined;
}
