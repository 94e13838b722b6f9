/** `im serve`: runs the server. Chooses the implementations and wires them together. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { exitCode } from '../src/cli/errors/exit-codes.js';
import { Failure } from '../src/cli/errors/failure.js';
import type { OutputFailure } from '../src/cli/output/output-failure.js';
import { openServed } from '../src/cli/serve/open-served.js';
import {
  cannotListen,
  connectionsOf,
  limitsOf,
  ratesOf,
  serveFlags,
  tlsPathsOf,
} from '../src/cli/serve/serve-options.js';
import type { Served } from '../src/cli/serve/served.js';
import { readPair, type TlsPair } from '../src/cli/serve/tls-pair.js';
import { TlsRenewal, warnIfRefused } from '../src/cli/serve/tls-renewal.js';
import { systemClock as clock } from '../src/io/clock.js';
import type { AcceptRequest } from '../src/io/http-exchange.js';
import { createLog } from '../src/io/pino-log.js';
import type { Accept } from '../src/io/transport.js';
import { listenWs, type WsListener } from '../src/io/ws-server.js';
import { boundYoungGeneration } from '../src/io/young-generation.js';
import { LoginGuard } from '../src/server/login-guard.js';
import { Metrics } from '../src/server/metrics.js';
import { serveOps } from '../src/server/ops-http.js';
import { startServer } from '../src/server/server.js';
import { inline, safe } from '../src/text/safe-text.js';

export default class Serve extends BaseCommand {
  static override summary = 'Run the server';
  static override description =
    `The first start creates the data folder; anyone who can read it is an operator. The first line of output is the address.

On SIGTERM or Ctrl+C the server answers pending messages, closes all connections and ends with 0. On SIGHUP it reads the certificate and its key again; connections stay open.

A program without im sends by HTTP to the same port: curl -H @FILE -d hi http://127.0.0.1:4690/v1/messages/bob, where FILE has the line Authorization: Bearer TOKEN. ?wait=delivered&timeout=10s waits for the delivery, and a header Idempotency-Key: ID makes it safe to repeat.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --data ./data --port 0 --json',
    '<%= config.bin %> <%= command.id %> --host 0.0.0.0 --tls-cert chain.pem --tls-key key.pem --ops-port 9464',
  ];
  static override flags = serveFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Serve);
    const output = this.output(flags.json);
    const { host, port, 'ops-port': opsPort, 'log-level': level, 'max-sessions-per-user': maxSessionsPerUser } = flags;
    boundYoungGeneration();
    const metrics = new Metrics();
    const onLost = () => metrics.logLinesLost++;
    const log = createLog({ level, stream: process.stderr, isHuman: Boolean(process.stderr.isTTY), clock, onLost });
    let renewal: TlsRenewal | undefined;
    let isHungUp = false;
    const signal = untilSignal(() => {
      log.info('hangup');
      isHungUp = true;
      void renewal?.run();
    });
    const paths = tlsPathsOf(flags);
    const tls = paths && (await readPair(paths));
    if (tls) warnIfRefused(tls, paths, clock.now(), log);
    const onCommit = (records: number, ms: number) => metrics.committed(records, ms);
    const served = await openServed(flags, {
      limits: limitsOf(flags),
      onCommit,
      clock,
      log,
      version: this.config.version,
    });
    try {
      let notReady: string | undefined;
      const { store, accounts, bus, broken, prove, place } = served;
      const { sessions, strangers, sockets } = connectionsOf(flags, log);
      const guard = new LoginGuard({
        maxFailedLogins: flags['max-failed-logins'],
        maxFailedLoginsPerUser: flags['max-failed-logins-per-user'],
      });
      const listenOptions = {
        host,
        port,
        ...(tls && { tls }),
        maxSockets: sockets,
        strangers: { max: strangers, maxPerNetwork: flags['max-strangers-per-address'] },
        isWelcome: guard.isWelcome.bind(guard),
        counts: metrics,
        log,
        ...(prove && { prove }),
      };
      let listener: WsListener | undefined;
      const listen = async (accept: Accept, acceptRequest: AcceptRequest) => {
        listener = await listenWs({ ...listenOptions, acceptRequest }, accept).catch(cannotListen);
        return listener;
      };
      const deps = { store, accounts, bus, clock, log, metrics };
      const server = await startServer({
        ...deps,
        listen,
        guard,
        rateLimits: ratesOf(flags),
        maxConnections: sessions,
        ...(maxSessionsPerUser !== undefined && { maxSessionsPerUser }),
      });
      const onScrape = async (): Promise<void> => {
        metrics.certificateDaysLeft = renewal?.daysLeft;
        metrics.measured(await served.undelivered(), clock.now());
      };
      const notReadyBecause = async () => notReady ?? (await served.whyNot());
      const opsOptions = { metrics, onScrape, notReadyBecause, log };
      const ops =
        opsPort === undefined ? undefined : await serveOps({ ...opsOptions, port: opsPort }).catch(cannotListen);
      await served.announce(server.url, tls?.fingerprint);
      if (tls) {
        const use = async (pair: TlsPair): Promise<void> => {
          await served.announce(server.url, pair.fingerprint);
          listener?.useCertificate(pair);
        };
        renewal = new TlsRenewal({ paths, pair: tls, use, clock, log });
        if (isHungUp) void renewal.run(); // It came while the server was starting.
      }
      const announced = output.json
        ? output.object({ event: 'listening', url: server.url, ...place, ...(ops && { ops: ops.url }) })
        : output.line(listeningLine(server.url, place));
      announced.catch(({ why }: OutputFailure) => log.warn('address not printed', { url: server.url, why }));

      const end = await Promise.race([signal, broken]);
      notReady = end instanceof Failure ? end.message : 'stopping';
      await server.close(end instanceof Failure ? 'server-error' : 'shutdown');
      await ops?.close();
      await renewal?.end();
      if (end instanceof Failure) throw end;
    } finally {
      await served.close();
    }
    this.exit(exitCode('done'));
  }
}

const listeningLine = (url: string, place: Served['place']) =>
  'data' in place
    ? safe`listening on ${inline(url)}, data in ${inline(place.data)}`
    : safe`listening on ${inline(url)}, database on ${inline(place.database)}`;
