/** The handlers of a logged-in session, one per frame. `login` stands apart: it runs before anyone is trusted. */
import type { ClientFrameType } from '../../protocol/frame-catalogue.js';
import type { Handler } from '../handler.js';
import { account } from './account.js';
import { ack } from './ack.js';
import { audit } from './audit.js';
import { heartbeat } from './heartbeat.js';
import { message } from './message.js';
import { purge } from './purge.js';
import { queue } from './queue.js';
import { replay } from './replay.js';
import { restore } from './restore.js';
import { status } from './status.js';

export const HANDLERS: { readonly [T in Exclude<ClientFrameType, 'login'>]: Handler<T> } = {
  message,
  ack,
  status,
  heartbeat,
  account,
  queue,
  replay,
  restore,
  purge,
  audit,
};
