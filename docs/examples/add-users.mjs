/**
 * Adds users to a running server and prints a token for each. The server keeps only a hash of it:
 *
 *     IM_TOKEN=… node add-users.mjs ws://127.0.0.1:4690 operator carol dave
 */
import { OperatorLost, OperatorRefused, operate } from 'im-toolkit';

const [url, user, ...names] = process.argv.slice(2);
const token = process.env.IM_TOKEN;
if (!url || !user || names.length === 0 || !token) {
  console.error('usage: IM_TOKEN=… node add-users.mjs URL OPERATOR USER...');
  process.exit(2);
}

const operator = operate({ url, user, token });
try {
  for (const added of await operator.accounts({ action: 'add', users: names })) {
    console.log(`${added.user} ${added.token}`);
  }
} catch (error) {
  if (error instanceof OperatorRefused) console.error(`refused, nothing was changed: ${error.message}`);
  else if (error instanceof OperatorLost)
    console.error(error.message); // for example because of a wrong token
  else throw error;
  process.exitCode = 1;
} finally {
  await operator.close();
}
