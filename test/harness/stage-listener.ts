/** The listener of a stage's server: records all frames that it receives and sends in the ledger. */
import type { Accept, Listener, Transport } from '../../src/io/transport.js';
import type { StagePort } from './stage-balancer.js';
import type { Ledger } from './stage-ledger.js';

export const STAGE_URL = 'ws://stage';

export function listenOnStage(net: StagePort, ledger: Ledger, accept: Accept): Listener {
  let open = 0;
  let emptied = (): void => {};
  net.listen((transport, peer) => {
    const connection = net.cables.length - 1;
    open++;
    const isCut = (): boolean => net.cables[connection]?.isOver ?? false;
    const events = accept(recorded(transport, isCut, connection, ledger), peer);
    return {
      received(text, bytes) {
        if (text !== undefined) ledger.addClientText(connection, text);
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

/** What a dying server says into a connection that is cut leaves it no more. */
function recorded(transport: Transport, isCut: () => boolean, connection: number, ledger: Ledger): Transport {
  let isOver = false;
  return {
    send(text) {
      if (!isOver && !isCut()) ledger.addServerText(connection, text);
      transport.send(text);
    },
    get bufferedBytes() {
      return transport.bufferedBytes;
    },
    pause: () => transport.pause(),
    resume: () => transport.resume(),
    close(code, reason) {
      isOver = true;
      transport.close(code, reason);
    },
    cut() {
      isOver = true;
      transport.cut();
    },
  };
}
