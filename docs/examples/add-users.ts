/**
 * Adds users to a running server and prints a token for each. The server keeps only a hash of it:
 *
 *     IM_TOKEN=… node add-users.js ws://127.0.0.1:4690 operator carol dave
 */
import { OperatorRefused, operate } from 'im-toolkit';

const [url = '', user = '', ...names] = process.argv.slice(2);
const operator = operate({ url, user, token: process.env.IM_TOKEN ?? '' });
try {
  for (const added of await operator.accounts({ action: 'add', users: names })) {
    console.log(`${added.user} ${added.token}`);
  }
} catch (error) {
  if (!(error instanceof OperatorRefused)) throw error;
  console.error(`refused: ${error.message}`); // nothing was changed
  process.exitCode = 1;
} finally {
  await operator.close();
}
