/** The client library as a receiver: drains a mailbox, as the chat client does. */
import { connect } from '../../src/client/api/client.js';
import type { LibraryDrain, LibraryDrained } from './work.js';

/** Logs in, and receives so many messages. Rejects when the client ends before. */
export async function drainWithLibrary({
  url,
  credential,
  device,
  messages,
  stateFolder,
}: LibraryDrain): Promise<LibraryDrained> {
  const [start, startCpu] = [performance.now(), process.cpuUsage()];
  let received = 0;
  const drained = await new Promise<LibraryDrained>((resolve, reject) => {
    const client = connect({
      ...{ url, ...credential, device },
      ...(stateFolder !== undefined && { stateFolder }),
      onMessages(batch) {
        received += batch.length;
        if (received >= messages) void client.close();
      },
    });
    void client.ended.then((end) => {
      const { user, system } = process.cpuUsage(startCpu);
      const seconds = (performance.now() - start) / 1_000;
      if (received >= messages) resolve({ messages: received, seconds, cpuSeconds: (user + system) / 1e6 });
      else reject(new Error(`received ${received} of ${messages} messages: ${JSON.stringify(end)}`));
    });
  });
  return drained;
}
