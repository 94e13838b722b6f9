/** Which certificates of a server a command trusts: those in `--ca`, and that of the server of this account. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readLock } from '../../disk/lock.js';
import { Failure } from '../errors/failure.js';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates in a file. @throws Failure `usage` when it cannot be read, or has none. */
export async function readCertificates(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'latin1');
  } catch (cause) {
    throw new Failure('usage', `${path} cannot be read`, { why: (cause as Error).message, cause });
  }
  const certificates = text.match(CERTIFICATE) ?? [];
  const isKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text);
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (cause) {
    throw new Failure('usage', `a certificate in ${path} cannot be used`, { why: (cause as Error).message, cause });
  }
  if (certificates.length > 0) return certificates.join('\n');
  throw new Failure('usage', `there is no certificate in ${path}`, {
    why: isKey ? 'it is a private key, which has to stay with its owner' : undefined,
    next: 'a certificate in PEM begins with -----BEGIN CERTIFICATE-----',
  });
}

/**
 * Recognises the certificate of the server on this data folder by the fingerprint that the server wrote into it: only its account
 * can write there. A server that has restarted may have another one: it is trusted at the next attempt.
 * @param first what the folder contains now.
 */
export function pinOf(folder: string, first: string | undefined): (fingerprint: string) => boolean {
  let pin = first;
  const readAgain = async (): Promise<void> => {
    pin = (await readLock(folder))?.fingerprint;
  };
  return (fingerprint) => {
    if (fingerprint === pin) return true;
    readAgain().catch(() => {
      pin = undefined; // The folder is gone or closed.
    });
    return false;
  };
}
