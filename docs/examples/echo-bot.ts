/**
 * Answers every message, once each, however often this process or its connection dies:
 *
 *     IM_TOKEN=… node echo-bot.js ws://127.0.0.1:4690 echo ./echo-state
 */
import { connect, type IncomingMessage } from 'im';

const [url = '', user = '', stateFolder = ''] = process.argv.slice(2);

const bot = connect({
  url,
  user,
  token: process.env.IM_TOKEN ?? '',
  stateFolder, // the outbox and the inbox survive in it
  onMessage: answer,
});

/** When this resolves, the message is acked. If the process dies before, the message comes again. */
async function answer({ from, seq, at, body }: IncomingMessage): Promise<void> {
  // The id is made from what is answered: should the message come again, its answer is still one.
  const id = `answer-to-${at}-${seq}`;
  await bot.send(from, `you said: ${body}`, { id }).queued; // on disk here; it is sent when the server can be reached
}

bot.subscribe((event) => {
  if (event.type === 'online') console.log(`online as ${event.welcome.user}`);
  if (event.type === 'offline') console.log(`offline (${event.reason})`);
});

process.once('SIGTERM', () => bot.close());
const { reason, cause } = await bot.ended; // `closed`, or why it cannot go on
console.log(`ended: ${reason}`);
if (cause !== undefined) throw cause;
