/** What tests of a connection share: a server on a stage with everything in memory, and connections held by hand. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach } from 'node:test';
import type { ServerFrame } from '../../src/protocol/frame-catalogue.js';
import { tokenOf } from '../harness/memory-accounts.js';
import { Stage } from '../harness/stage.js';
import type { RawConnection } from '../harness/stage-raw-connection.js';

/** Made anew for each test. */
export interface Rig {
  readonly stage: Stage;
  login(user: string, mode?: string): Promise<RawConnection>;
  /** Says it in one text, and waits until it has had its effect. */
  say(hand: RawConnection, value: unknown): Promise<void>;
}

/** A server that has room for three connections. To be called once, at the top of a file. */
export function rig(): Rig {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.open({ stores: 'memory', maxConnections: 3 });
  });
  afterEach(async () => {
    stage.setDisk('sound');
    await stage.end();
    assert.equal(stage.clock.timers, 0, 'no timer is left');
  });
  const say = async (hand: RawConnection, value: unknown): Promise<void> => {
    hand.say(value);
    await stage.rest();
  };
  return {
    get stage() {
      return stage;
    },
    say,
    async login(user, mode) {
      const hand = await stage.connect(`${user} ${mode}`);
      await say(hand, loginFrame(user, mode));
      assert.deepEqual(typesOf(hand).slice(0, 1), ['welcome']);
      return hand;
    },
  };
}

export const loginFrame = (user: string, mode = 'chat') => ({ type: 'login', v: 1, user, token: tokenOf(user), mode });
export const message = (id: string, body = id, to = 'bob') => ({ type: 'message', id, to, body });
export const stored = (...ids: string[]): ServerFrame => ({ type: 'stored', ids });

/** The types of what was said since this was last asked. */
export const typesOf = (hand: RawConnection): string[] => hand.take().map(({ type }) => type);
