/** Shared by the tests of a connection: a real server with everything in memory, and clients that send single frames. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach } from 'node:test';
import { systemClock } from '../../src/io/clock.js';
import { createLog } from '../../src/io/pino-log.js';
import type { ServerFrame } from '../../src/protocol/frame-catalogue.js';
import { tokenOf } from '../harness/memory-accounts.js';
import { Stage } from '../harness/stage.js';
import type { RawConnection } from '../harness/stage-raw-connection.js';

/** Created anew for each test. */
export interface Rig {
  readonly stage: Stage;
  /** The log of the server, one line of JSON per event. */
  readonly logged: readonly string[];
  login(user: string, mode?: string): Promise<RawConnection>;
  /** Sends a value in one text message, and waits until it has had its effect. */
  send(hand: RawConnection, value: unknown): Promise<void>;
}

/** A server for at most three sessions, and two of a user. To be called once, at the top of a test file. */
export function setUpRig(): Rig {
  let stage: Stage;
  let logged: string[] = [];
  beforeEach(async () => {
    logged = [];
    const stream = { write: (line: string) => logged.push(line) };
    const log = createLog({ level: 'debug', stream, isHuman: false, clock: systemClock });
    stage = await Stage.open({ stores: 'memory', maxConnections: 3, maxSessionsPerUser: 2, log });
  });
  afterEach(async () => {
    stage.setDisk('sound');
    await stage.end();
    assert.equal(stage.clock.timers, 0, 'no timer is left');
  });
  const send = async (hand: RawConnection, value: unknown): Promise<void> => {
    hand.say(value);
    await stage.rest();
  };
  return {
    get stage() {
      return stage;
    },
    get logged() {
      return logged;
    },
    send,
    async login(user, mode) {
      const hand = await stage.connect(`${user} ${mode}`);
      await send(hand, loginFrame(user, mode));
      assert.deepEqual(typesOf(hand).slice(0, 1), ['welcome']);
      return hand;
    },
  };
}

export const loginFrame = (user: string, mode = 'chat') => ({ type: 'login', v: 1, user, token: tokenOf(user), mode });
export const message = (id: string, body = id, to = 'bob') => ({ type: 'message', id, to, body });
export const stored = (...ids: string[]): ServerFrame => ({ type: 'stored', ids });

/** The types of the frames received since the last call. */
export const typesOf = (hand: RawConnection): string[] => hand.take().map(({ type }) => type);
