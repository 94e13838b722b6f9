/** Asks the V8 of another process about its memory, through the debugger port of Node. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { WebSocket } from 'ws';

/** Bytes, as `process.memoryUsage` counts them. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

export interface Inspector {
  /** Memory after a garbage collection. */
  settledMemory(): Promise<Memory>;
  /** Writes a heap snapshot: Chrome's developer tools open it. */
  writeSnapshot(path: string): Promise<void>;
  startProfile(): Promise<void>;
  /** Writes the CPU profile since `startProfile`. */
  writeProfile(path: string): Promise<void>;
  close(): void;
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly chunk?: string };
  readonly result?: { readonly result?: { readonly value?: unknown }; readonly profile?: object };
  readonly error?: { readonly message: string };
}

export async function attach(url: string): Promise<Inspector> {
  const ws = new WebSocket(url, { perMessageDeflate: false });
  await once(ws, 'open');
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(cause: Error): void }>();
  let onChunk: (chunk: string) => void = () => undefined;
  let last = 0;
  ws.on('message', (data: Buffer) => {
    const answer = JSON.parse(data.toString()) as Answer;
    if (answer.params?.chunk !== undefined) onChunk(answer.params.chunk);
    const waiter = waiting.get(answer.id ?? 0);
    waiting.delete(answer.id ?? 0);
    if (answer.error !== undefined) waiter?.reject(new Error(`inspector: ${answer.error.message}`));
    else waiter?.resolve(answer);
  });
  const ask = (method: string, params: object = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      ws.send(JSON.stringify({ id: last, method, params }));
    });
  return {
    async settledMemory() {
      // Twice: what a finalizer frees is collected the second time.
      for (let turn = 0; turn < 2; turn++) await ask('HeapProfiler.collectGarbage');
      const expression = 'process.memoryUsage()';
      const { result } = await ask('Runtime.evaluate', { expression, returnByValue: true });
      return result?.result?.value as Memory;
    },
    async writeSnapshot(path) {
      const file = createWriteStream(path);
      onChunk = (chunk) => file.write(chunk);
      await ask('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
      file.end();
      await once(file, 'close');
    },
    async startProfile() {
      await ask('Profiler.enable');
      await ask('Profiler.start');
    },
    async writeProfile(path) {
      const { result } = await ask('Profiler.stop');
      await writeFile(path, JSON.stringify(result?.profile));
    },
    close: () => ws.close(),
  };
}
