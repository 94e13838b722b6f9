/** The TLS connection of a client: it ends before anything is sent, unless the server's certificate is trusted. */
import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';

/** Which certificates of a server to trust. */
export interface TlsTrust {
  /** Certificates (PEM) to trust instead of those of the system: of authorities, or of servers. */
  readonly ca?: string | Buffer | undefined;
  /**
   * Whether this is the certificate of the server that is meant: then its names, its dates and who signed it do not matter. Asked
   * about one that is not trusted otherwise. @param fingerprint SHA-256, as in `X509Certificate.fingerprint256`.
   */
  readonly isPinned?: ((fingerprint: string) => boolean) | undefined;
}

/**
 * Starts to connect. A certificate that is not trusted destroys the socket with an error: its message says what is wrong, its
 * `code` is that of OpenSSL or Node. NODE_TLS_REJECT_UNAUTHORIZED=0 changes nothing.
 */
export function connectTls(options: ConnectionOptions, { ca, isPinned }: TlsTrust): TLSSocket {
  const { host = '' } = options;
  const socket = connect({
    ...options,
    path: undefined,
    servername: isIP(host) ? '' : host,
    ...(ca && { ca, allowPartialTrustChain: true }),
    rejectUnauthorized: false, // Decided below, before anything is sent.
  } as ConnectionOptions);
  socket.once('secureConnect', () => {
    if (socket.authorized) return;
    const certificate = socket.getPeerX509Certificate();
    if (certificate && isPinned?.(certificate.fingerprint256)) return;
    const code = String(socket.authorizationError);
    socket.destroy(Object.assign(new Error(problemOf(code, certificate, host)), { code }));
  });
  return socket;
}

/** The certificate of a server (`wss:`), trusted or not; undefined if it cannot be reached. Sends nothing. */
export function peekCertificate(url: string): Promise<X509Certificate | undefined> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const servername = isIP(host) ? '' : host;
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port || 443), servername, rejectUnauthorized: false });
    const finish = (): void => {
      resolve(socket.getPeerX509Certificate());
      socket.destroy();
    };
    socket.once('secureConnect', finish).on('error', finish);
  });
}

/** What is wrong with a certificate, as a sentence. Names in it are those of the certificate: hostile text. */
export function problemOf(code: string, certificate: X509Certificate | undefined, host: string): string {
  const what = "the server's certificate";
  if (certificate === undefined) return `${what} is missing`;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `${what} expired on ${dateOf(certificate.validTo)}`;
    case 'CERT_NOT_YET_VALID':
      return `${what} is not valid before ${dateOf(certificate.validFrom)}`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `${what} is for ${namesOf(certificate)}, not for ${host}`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return `${what} is self-signed, and not trusted here`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `${what} is signed by ${commonName(certificate.issuer)}, who is not trusted here`;
    default:
      return `${what} is not valid`;
  }
}

/** More names of a certificate are counted, not listed; longer ones are cut. */
const MAX_NAMES = 4;
const MAX_NAME_LENGTH = 100;

/** `chat.example, 10.0.0.1 and 3 more`. */
function namesOf({ subjectAltName, subject }: X509Certificate): string {
  const names = subjectAltName?.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
  const [listed, rest] = [(names ?? [commonName(subject)]).slice(0, MAX_NAMES), (names?.length ?? 0) - MAX_NAMES];
  return `${listed.map(cut).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** The common name in a distinguished name, such as `O=Example\nCN=Example CA`; without one, all of it. */
const commonName = (name: string): string => cut(/^CN=(.+)$/m.exec(name)?.[1] ?? name.replaceAll('\n', ', '));

const cut = (name: string): string => name.slice(0, MAX_NAME_LENGTH);

/** `Jan 31 14:03:27 2026 GMT` → `2026-01-31`. */
const dateOf = (text: string): string => new Date(text).toISOString().slice(0, 10);
