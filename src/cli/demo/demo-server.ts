/** The server of a demo or a benchmark: it can be killed and started again, on the same port. */
import type { Ended, Sandbox, Started } from './sandbox.js';

export class DemoServer {
  private constructor(
    private readonly sandbox: Sandbox,
    readonly words: readonly string[],
    /** Its first line of output. */
    readonly announced: string,
    readonly url: string,
    private readonly process: Started,
    private readonly flags: readonly string[],
  ) {}

  /** Resolves when it listens. @param port 0: a free one. @param flags more of them. @throws Failure when it cannot start. */
  static async start(sandbox: Sandbox, port = '0', flags: readonly string[] = []): Promise<DemoServer> {
    const words = ['serve', '--port', port, ...flags];
    const process = sandbox.start(words);
    const announced = (await process.firstLine) ?? '';
    const url = /ws:\/\/[^\s,]+/.exec(announced)?.[0];
    if (url === undefined) throw sandbox.failed(words, await process.ended);
    return new DemoServer(sandbox, words, announced, url, process, flags);
  }

  get pid(): number {
    return this.process.pid;
  }

  get ended(): Promise<Ended> {
    return this.process.ended;
  }

  /** As kill -9 does. */
  async kill(): Promise<void> {
    await this.process.kill('SIGKILL');
  }

  /** Starts it again where clients expect it. */
  restart(): Promise<DemoServer> {
    return DemoServer.start(this.sandbox, new URL(this.url).port, this.flags);
  }
}
