/**
 * Sends a message and waits until it is delivered. With the same id, a second run does not send a second message:
 *
 *     IM_TOKEN=… node send-and-wait.mjs ws://127.0.0.1:4690 alice bob 'the build is green' build-42
 */
import { connect } from 'im-toolkit';

const [url, user, to, body, id] = process.argv.slice(2);
const token = process.env.IM_TOKEN;
if (!url || !user || !to || !body || !token) {
  console.error('usage: IM_TOKEN=… node send-and-wait.mjs URL USER TO BODY [ID]');
  process.exit(2);
}

// Mode `send` gets no messages and does not end alice's chat session elsewhere.
const client = connect({ url, user, token, mode: 'send' });
client.subscribe((event) => {
  if (event.type === 'offline') console.error(`offline (${event.reason}), next attempt in ${event.retryInMs} ms`);
});

const message = client.send(to, body, id === undefined ? {} : { id });
try {
  const { duplicate } = await message.stored;
  console.log(duplicate ? 'the server had it before' : 'stored: the server has it on disk');
  await message.delivered;
  console.log(`delivered: ${to} has it`);
} catch (error) {
  // SendRefused: the server refused the message. ClientEnded: the client ended before, for example because of a wrong token.
  console.error(String(error));
  process.exitCode = 1;
}
await client.close();
