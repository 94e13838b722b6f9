/** What the bot of `im demo --chat` says: a tour of the marks, the queue and the keys, one step per message. Pure. */

/** What the bot does after its answer: it goes offline, or kills the server, for a while. */
export type Act = 'away' | 'crash';

interface Answer {
  readonly text: string;
  readonly act?: Act;
}

/** How long the bot is offline, and how long there is no server. */
export const ABSENCE_MS: Readonly<Record<Act, number>> = { away: 12_000, crash: 8_000 };

const seconds = (act: Act): string => `${ABSENCE_MS[act] / 1_000} seconds`;

export const GREETING = `Hello! I am a bot. We are on a server of your own: nothing leaves this machine.
Write me something. The mark beside your message says where it is:
… queued: on your disk
✓ stored: on the server's disk
✓✓ delivered: on my disk, and I have confirmed it`;

const STEPS: readonly Answer[] = [
  {
    text: `I have it, so you see ✓✓. Now I go offline for ${seconds('away')}. Write me one or two messages: they stay at ✓ and wait in my queue.`,
    act: 'away',
  },
  {
    text: `Now I kill the server, kill -9, for ${seconds('crash')}. Write on: your messages are … queued, on your disk, and leave when it is back.`,
    act: 'crash',
  },
];

const PLAY = 'That was the tour. Write "away" and I go offline again, "crash" and I kill the server again.';

/** What the bot says when it, or the server, is back. `queue`: what `im inspect-queue` printed just before; empty if nothing waited. */
export function backAgain(act: Act, queue: readonly string[]): string {
  if (act === 'crash') {
    return `The server is back. What you wrote is sent now, once and in order.
Keys: F1 shows all, Ctrl+R searches, Up brings back what you wrote, Ctrl+C twice quits. A line that begins with / is a command.
${PLAY}`;
  }
  if (queue.length === 0) {
    return `I am back. You wrote nothing in these ${seconds('away')}, so nothing waited for me.
Write "away" and I go offline again. Then write me one or two messages before I am back.`;
  }
  return `I am back. Before, your messages waited here:
$ im inspect-queue bot --summary
${queue.join('\n')}
Now they are ✓✓, each once and in order. Write me something: then comes the server.`;
}

export class Tour {
  #step = 0;

  answer(body: string): Answer {
    const next = STEPS[this.#step++];
    if (next) return next;
    const wanted = STEPS.find(({ act }) => act === body.trim().toLowerCase());
    return wanted ?? { text: `You wrote: ${body}` };
  }

  /** The next message gets the step of the last one again. After the tour there is no step to repeat. */
  repeatStep(): void {
    if (this.#step <= STEPS.length) this.#step -= 1;
  }
}
