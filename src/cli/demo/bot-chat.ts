/** The other side of `im demo --chat`: a bot on a server of its own, which goes away and comes back. */
import { join } from 'node:path';
import { type Client, connect, type IncomingMessage } from '../../client/api/client.js';
import { systemClock as clock } from '../../io/clock.js';
import { DemoServer } from './demo-server.js';
import type { Sandbox } from './sandbox.js';
import { ABSENCE_MS, type Act, backAgain, GREETING, Tour } from './tour.js';

const USER = 'alice';
const BOT = 'bot';

/** Starts the server and the bot. */
export async function openBotChat(
  sandbox: Sandbox,
  agent: string,
): Promise<{ readonly user: string; readonly bot: ChatBot }> {
  const server = await DemoServer.start(sandbox);
  const [token = ''] = await sandbox.run(['user', 'add', BOT]);
  await sandbox.run(['user', 'add', USER, '--keep']);
  const login = { user: BOT, token, agent, stateFolder: join(sandbox.folder, 'bot') };
  return { user: USER, bot: new ChatBot(sandbox, server, login) };
}

class ChatBot {
  readonly name = BOT;
  readonly #tour = new Tour();
  #client: Client;
  /** While it acts, it receives messages without an answer, as it does with those that waited for it. */
  #isActing = false;
  #answersFrom = 0;
  #isClosed = false;
  #failure: unknown;

  constructor(
    private readonly sandbox: Sandbox,
    private server: DemoServer,
    private readonly login: Omit<Parameters<typeof connect>[0], 'url'>,
  ) {
    this.#client = this.#connect();
    this.#client.send(USER, GREETING);
  }

  /** @throws what has gone wrong, such as a Failure of the server. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#client.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #connect(): Client {
    return connect({ ...this.login, url: this.server.url, onMessage: (message) => this.#received(message) });
  }

  #received({ from, at, body }: IncomingMessage): void {
    if (from !== USER || this.#isActing || at < this.#answersFrom) return;
    const { text, act } = this.#tour.answer(body);
    const said = this.#client.send(USER, text);
    if (act === undefined) return;
    this.#isActing = true;
    const acting = said.delivered.then(() => this.#act(act));
    acting
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#failure = error;
      })
      .finally(() => {
        this.#isActing = false;
      });
  }

  async #act(act: Act): Promise<void> {
    await this.#client.close();
    if (act === 'crash') await this.server.kill();
    await new Promise<void>((resolve) => clock.after(ABSENCE_MS[act], resolve));
    if (this.#isClosed) return;
    if (act === 'crash') this.server = await this.server.restart();
    const waiting = act === 'away' ? await this.sandbox.run(['inspect-queue', BOT, '--json']) : [];
    const queue = waiting.length === 0 ? [] : await this.sandbox.run(['inspect-queue', BOT, '--summary']);
    if (this.#isClosed) return;
    if (act === 'away' && queue.length === 0) this.#tour.repeatStep();
    this.#answersFrom = clock.now();
    this.#client = this.#connect();
    this.#client.send(USER, backAgain(act, queue));
  }
}
