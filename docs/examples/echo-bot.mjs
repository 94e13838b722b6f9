/**
 * Answers every message exactly once, even if this process or its connection dies in between:
 *
 *     IM_TOKEN=… node echo-bot.mjs ws://127.0.0.1:4690 echo ./echo-state
 */
import { connect } from 'im-toolkit';

const [url, user, stateFolder] = process.argv.slice(2);
const token = process.env.IM_TOKEN;
if (!url || !user || !stateFolder || !token) {
  console.error('usage: IM_TOKEN=… node echo-bot.mjs URL USER STATE-FOLDER');
  process.exit(2);
}

const bot = connect({
  url,
  user,
  token,
  stateFolder, // keeps the outbox and the inbox across restarts
  onMessage: answer,
});

/**
 * The message is acked when this resolves. If the process dies before, the message arrives again.
 * @param {import('im-toolkit').IncomingMessage} message
 */
async function answer({ from, seq, at, body }) {
  // The id is made from the message: if it arrives again, the answer has the same id and is sent only once.
  const id = `answer-to-${at}-${seq}`;
  await bot.send(from, `you said: ${body}`, { id }).queued; // on disk here; sent when the server can be reached
}

bot.subscribe((event) => {
  if (event.type === 'online') console.log(`online as ${event.welcome.user}`);
  if (event.type === 'offline') console.log(`offline (${event.reason})`);
});

process.once('SIGTERM', () => bot.close());
const { reason, cause } = await bot.ended; // `closed`, or why the client cannot continue: `unauthorized`, `replaced` …
console.log(`ended: ${reason}`);
if (cause !== undefined) throw cause;
if (reason !== 'closed') process.exitCode = 1;
