/** The network of an address: what one person can easily have many addresses of counts as one. Pure. */

/**
 * An IPv4 address as it is, also when it is mapped into IPv6; the /64 of an IPv6 address, such as `2001:db8:0:1::/64`: a line
 * usually gets a whole one. Anything else as it is.
 */
export function networkOf(address: string): string {
  const plain = plainAddress(address);
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = (plain.split('%')[0] ?? '').split('::');
  const start = head === '' ? [] : head.split(':');
  const end = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - groupsIn(start) - groupsIn(end));
  const groups = [...start, ...new Array<string>(zeros).fill('0'), ...end];
  return `${groups.slice(0, GROUPS / 2).join(':')}::/64`;
}

/** Without the prefix that an IPv4 address has on a socket for both families. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

const GROUPS = 8;

/** The last one may be an IPv4 address, which takes the place of two. */
const groupsIn = (groups: readonly string[]): number => groups.length + (groups.at(-1)?.includes('.') ? 1 : 0);
