/** The certificate of `im serve` and its private key: read at the start, and again at each SIGHUP. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { isPrivateKeyFile } from '../../io/permissions.js';
import { Failure } from '../errors/failure.js';

/** The files, PEM. */
export interface TlsPaths {
  readonly cert: string;
  readonly key: string;
}

export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** SHA-256 of the certificate, as in `X509Certificate.fingerprint256`. */
  readonly fingerprint: string;
  /** When clients accept the certificate; ms since 1970. */
  readonly validFrom: number;
  readonly validTo: number;
}

/** @throws Failure `usage` when they cannot be read, are no certificate and its private key, or others can read the key (R20). */
export async function readPair(paths: TlsPaths): Promise<TlsPair> {
  const [cert, key] = [await readPem(paths.cert), await readPem(paths.key)];
  const certificate = orFailure(`there is no certificate in ${paths.cert}`, () => new X509Certificate(cert));
  const privateKey = orFailure(`there is no private key without a passphrase in ${paths.key}`, () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new Failure('usage', `${paths.key} is not the key of the certificate in ${paths.cert}`, {
      next: 'the first certificate of the file has to be that of the server',
    });
  }
  // As TLS will use them: OpenSSL also refuses keys that are too short, and damage in the rest of the chain.
  orFailure(`TLS cannot use ${paths.cert} with ${paths.key}`, () => createSecureContext({ cert, key }));
  if (!(await isPrivateKeyFile(paths.key))) {
    throw new Failure('usage', `${paths.key} can be read by others: everyone who has it can be this server`, {
      next: `chmod 600 '${paths.key}'; a key that belongs to root may have mode 0640, for the group of the server`,
    });
  }
  const { fingerprint256: fingerprint, validFrom, validTo } = certificate;
  return { cert, key, fingerprint, validFrom: Date.parse(validFrom), validTo: Date.parse(validTo) };
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Failure('usage', `${path} cannot be read`, { why: (cause as Error).message, cause });
  }
}

function orFailure<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Failure('usage', what, {
      why: (cause as Error).message,
      next: 'both files have to be PEM, and the key long enough',
      cause,
    });
  }
}
