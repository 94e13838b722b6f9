/** Which addresses do not leave this machine. Pure. */

/** A host name, or the address of a listener: also without brackets. Of `0.0.0.0` and `::` only a client stays here: see `isHere`. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || /^\[?::1\]?$/.test(host) || /^127(\.\d{1,3}){3}$/.test(host);

/** Whether a client that connects to this host name of a URL stays on its machine. */
export const isHere = (host: string): boolean => isLoopback(host) || host === '0.0.0.0' || host === '[::]';

/** Whether what is sent to this URL can be read on the way. */
export function isClearText(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'ws:' && !isHere(hostname);
}
