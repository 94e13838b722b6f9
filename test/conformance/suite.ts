/** Shared set-up of the conformance tests: a server, and peers that are disconnected after each test. */
import { after, afterEach, before } from 'node:test';
import { type LoggedInPeer, loginDrained, Peer } from './peer.js';
import { openTarget, type Target } from './target.js';

export interface Suite {
  /** Connected, not logged in (R1). */
  connect(subprotocols?: string[]): Promise<Peer>;
  login(user: string, mode?: 'chat' | 'send' | 'operate', device?: string, more?: object): Promise<LoggedInPeer>;
  /** Logged in, with an empty mailbox. */
  loginDrained(user: string): Promise<LoggedInPeer>;
  tokenOf(user: string): string;
  /** For HTTP: where the server is, and a token that is like a real one. */
  http(user: string): Promise<{ readonly url: string; readonly token: string }>;
}

export function suite(): Suite {
  let target: Target;
  let peers: Peer[] = [];
  before(async () => {
    target = await openTarget();
  });
  afterEach(async () => {
    await Promise.all(peers.map((peer) => peer.leave()));
    peers = [];
  });
  after(() => target.close());

  const keep = <P extends Peer>(peer: P): P => {
    peers.push(peer);
    return peer;
  };
  return {
    connect: async (subprotocols) => keep(await Peer.connect(target, subprotocols)),
    login: async (user, mode, device, more) => keep(await Peer.login(target, user, mode, device, { ...more })),
    loginDrained: async (user) => keep(await loginDrained(target, user)),
    tokenOf: (user) => target.tokenOf(user),
    http: async (user) => ({ url: target.url.replace(/^ws/, 'http'), token: await target.realTokenOf(user) }),
  };
}
