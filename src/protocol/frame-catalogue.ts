/** All frames, by direction. The codec, the session rules, the docs and the tests use this list. */
import type { FrameDefinition, FrameOf } from './frame.js';
import { account, accountReply } from './frames/account.js';
import { ack } from './frames/ack.js';
import { audit, auditReply } from './frames/audit.js';
import { bye } from './frames/bye.js';
import { delivered } from './frames/delivered.js';
import { devices, devicesReply } from './frames/devices.js';
import { error } from './frames/error.js';
import { heartbeat } from './frames/heartbeat.js';
import { login } from './frames/login.js';
import { message, push } from './frames/message.js';
import { own, ownReply } from './frames/own.js';
import { purge, purgeReply } from './frames/purge.js';
import { queue, queueReply } from './frames/queue.js';
import { read } from './frames/read.js';
import { replay, replayReply } from './frames/replay.js';
import { restore, restoreReply } from './frames/restore.js';
import { senders, sendersReply } from './frames/senders.js';
import { status } from './frames/status.js';
import { stored } from './frames/stored.js';
import { unsend, unsendReply } from './frames/unsend.js';
import { welcome } from './frames/welcome.js';

/** Frames that a client sends. */
export const CLIENT_FRAMES = {
  login,
  message,
  ack,
  read,
  status,
  unsend,
  heartbeat,
  devices,
  senders,
  own,
  account,
  queue,
  replay,
  restore,
  purge,
  audit,
} as const;

/** Frames that a server sends. */
export const SERVER_FRAMES = {
  welcome,
  message: push,
  stored,
  delivered,
  read,
  heartbeat,
  error,
  bye,
  unsend: unsendReply,
  devices: devicesReply,
  senders: sendersReply,
  own: ownReply,
  account: accountReply,
  queue: queueReply,
  replay: replayReply,
  restore: restoreReply,
  purge: purgeReply,
  audit: auditReply,
} as const;

/** One direction: frame type → definition. */
export type Catalogue = Readonly<Record<string, FrameDefinition>>;
/** Any frame of a catalogue. */
export type FrameIn<C extends Catalogue> = FrameOf<C[keyof C]>;

export type ClientFrame = FrameIn<typeof CLIENT_FRAMES>;
export type ServerFrame = FrameIn<typeof SERVER_FRAMES>;
export type ClientFrameType = keyof typeof CLIENT_FRAMES;
/** The client frame of this type. */
export type ClientFrameOf<T extends ClientFrameType> = FrameOf<(typeof CLIENT_FRAMES)[T]>;
