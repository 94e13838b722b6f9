/** R13: a heartbeat keeps the connection from going idle. It is answered, so that the client notices a dead server. */
import type { Handler, Outcome } from '../handler.js';

const ANSWER: Outcome = { replies: [{ type: 'heartbeat' }] };

export const heartbeat: Handler<'heartbeat'> = () => ANSWER;
