/** The server's end of a stage's wires: everything that is heard and said there goes into the ledger. */
import type { Accept, Listener, Wire } from '../../src/io/transport.js';
import type { MemoryNet } from './memory-wire.js';
import type { Ledger } from './stage-ledger.js';

export const STAGE_URL = 'ws://stage';

export function listenOnStage(net: MemoryNet, ledger: Ledger, accept: Accept): Listener {
  let open = 0;
  let emptied = (): void => {};
  net.listen((wire, peer) => {
    const connection = net.cables.length - 1;
    open++;
    const events = accept(recorded(wire, connection, ledger), peer);
    return {
      received(text, bytes) {
        if (text !== undefined) ledger.heard(connection, text);
        events.received(text, bytes);
      },
      closed(code, reason) {
        events.closed(code, reason);
        open--;
        if (open === 0) emptied();
      },
    };
  });
  const stopAccepting = (): void => net.listen(undefined);
  return {
    url: STAGE_URL,
    stopAccepting,
    close() {
      stopAccepting();
      return open === 0 ? Promise.resolve() : new Promise((resolve) => (emptied = resolve));
    },
  };
}

function recorded(wire: Wire, connection: number, ledger: Ledger): Wire {
  let isOver = false;
  return {
    send(text) {
      if (!isOver) ledger.said(connection, text);
      wire.send(text);
    },
    get bufferedBytes() {
      return wire.bufferedBytes;
    },
    pause: () => wire.pause(),
    resume: () => wire.resume(),
    close(code, reason) {
      isOver = true;
      wire.close(code, reason);
    },
    cut() {
      isOver = true;
      wire.cut();
    },
  };
}
