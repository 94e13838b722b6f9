/** `im ask`: sends a question, and waits for the first message of its receiver that is an answer to it. */
import {
  type Client,
  ClientEnded,
  type ClientOptions,
  type IncomingMessage,
  type OutgoingMessage,
  SendRefused,
} from '../../client/api/client.js';
import { OperatorLost, type OperatorOptions, OperatorRefused, operate } from '../../client/api/operator-client.js';
import type { Clock } from '../../io/clock.js';
import { block, plural, type SafeText, safe } from '../../text/safe-text.js';
import { TIMED_OUT, withTimeout } from '../async/with-timeout.js';
import { chatFailure } from '../errors/client-failure.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import { formatDuration } from '../output/duration.js';
import { messageText } from '../output/message-text.js';
import type { Output } from '../output/output.js';

/** How long it waits for the answer, without --timeout. */
export const ASK_TIMEOUT_MS = 30_000;

/** Each question is a device of its own while it waits, so that several can wait at once. */
export const ASK_DEVICE_PREFIX = 'ask-';

/** A device of this prefix that was last seen so long ago was left by a process that was killed. */
const ABANDONED_MS = 3_600_000;

export interface Question {
  readonly from: string;
  readonly to: string;
  readonly body: string;
  /** Chosen by the caller. Then an answer that has come before counts, too: the question may have been asked already. */
  readonly id: string | undefined;
  readonly timeoutMs: number;
}

interface AskPorts {
  readonly output: Output;
  readonly clock: Clock;
  readonly signal: Promise<Exit>;
}

/** What the client needs to find the answer. */
export type AskOptions = Required<Pick<ClientOptions, 'onMessage' | 'leaves' | 'history'>>;

/**
 * Prints the answer, and resolves when the client has ended. Only the answer is acked, and only if nothing else waits before it:
 * what others write in the meantime stays undelivered, for the user's other devices.
 * @param connect starts the client. @throws Failure
 */
export async function ask(
  question: Question,
  ports: AskPorts,
  connect: (options: AskOptions) => Client,
): Promise<void> {
  const { from, to, body, id: chosenId, timeoutMs } = question;
  const { output, clock, signal } = ports;
  let id: string | undefined;
  let others = 0;
  let answered: () => void = () => undefined;
  const answer = new Promise<'answered'>((resolve) => {
    answered = () => resolve('answered');
  });
  let leave: () => void = () => undefined;
  const left = new Promise<'left'>((resolve) => {
    leave = () => resolve('left');
  });
  let isAnswered = false;
  const isAnswer = (message: IncomingMessage): boolean =>
    message.from === to && message.to === undefined && message.replay === undefined && message.re === id;
  const client = connect({
    history: chosenId !== undefined,
    leaves: (message) => message.isHistory !== true && !isAnswer(message),
    async onMessage(message) {
      if (isAnswered || !isAnswer(message)) {
        if (message.isHistory !== true && message.to === undefined) others++;
        return;
      }
      if ((await Promise.race([asked, left])) === 'left') throw new Error('the question does not wait any more');
      await output.line(answerText(output, message));
      isAnswered = true;
      answered();
    },
  });
  const sent = client.send(to, body, chosenId === undefined ? {} : { id: chosenId });
  id = sent.id;
  // An answer to another question with this id is not printed: this one is refused then.
  const asked = sent.stored.catch(() => new Promise<never>(() => {}));
  const refused = sent.stored.then(
    () => new Promise<never>(() => {}),
    (error: unknown) => {
      if (error instanceof SendRefused) return error;
      if (error instanceof ClientEnded) return new Promise<never>(() => {}); // `ended` says why
      throw error;
    },
  );
  const outcome = await withTimeout(clock, timeoutMs, Promise.race([answer, refused, signal, client.ended]));
  const { stage } = sent;
  leave();
  await client.close();
  if (outcome === 'answered') return;
  if (outcome === TIMED_OUT) throw unanswered(question, sent.id, stage, others);
  if (outcome instanceof SendRefused) {
    const { message, refusal: cause } = outcome;
    throw new Failure('refused', `the question to ${to} was refused: ${message}`, { cause });
  }
  if (typeof outcome === 'object') throw chatFailure(outcome, from);
  throw new Failure(outcome, outcome, { next: again(sent.id) });
}

const again = (id: string): string => `to wait for the answer again: the same command with --id ${id}`;

function unanswered({ to, timeoutMs }: Question, id: string, stage: OutgoingMessage['stage'], others: number): Failure {
  const within = formatDuration(timeoutMs);
  if (stage !== 'stored' && stage !== 'delivered') {
    return new Failure('not-stored', `the question to ${to} was not stored within ${within}`, {
      why: 'the server cannot be reached, or has not answered',
      next: `to repeat it safely, use the same id: --id ${id}`,
    });
  }
  const fate =
    stage === 'delivered' ? `${to} has got the question` : `the question is stored, but ${to} has not got it`;
  const waiting = others === 0 ? '' : `; what waits for you: ${plural(others, 'message')}, which im listen prints`;
  return new Failure('not-delivered', `${to} has not answered within ${within}`, {
    why: `${fate}${waiting}`,
    next: again(id),
  });
}

/** The body alone: with nothing around it no line of it can be taken for something else. */
function answerText(output: Output, message: IncomingMessage): SafeText {
  if (output.json) return messageText(output, message);
  const [first = '', ...more] = message.body.split('\n');
  return more.reduce<SafeText>((text, line) => safe`${text}\n${block(line)}`, block(first));
}

/** Removes the device of a question that does not wait any more, and those that were left behind. What fails is done by a later one. */
export async function forgetDevice(device: string, login: Omit<OperatorOptions, 'mode'>, clock: Clock): Promise<void> {
  const operator = operate({ ...login, mode: 'send' });
  try {
    const left = await operator.devices({ remove: device });
    const abandoned = left.filter(
      ({ device: name, online, seenAt }) =>
        name.startsWith(ASK_DEVICE_PREFIX) && !online && seenAt < clock.now() - ABANDONED_MS,
    );
    for (const { device: name } of abandoned) await operator.devices({ remove: name });
  } catch (error) {
    if (!(error instanceof OperatorRefused || error instanceof OperatorLost)) throw error;
  } finally {
    await operator.close();
  }
}
