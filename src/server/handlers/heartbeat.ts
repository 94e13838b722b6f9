/** R13: a heartbeat does nothing but count as life. It is answered, so that the client, too, notices a dead peer. */
import type { Handler } from '../handler.js';
import type { Outcome } from '../handler-outcome.js';

const ALIVE: Outcome = { replies: [{ type: 'heartbeat' }] };

export const heartbeat: Handler<'heartbeat'> = () => ALIVE;
