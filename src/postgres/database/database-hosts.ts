/** The hosts in the address of a database: `postgresql://user@host1:5432,host2:5432/name`. Pure. */
import { DatabaseRefused } from './database-errors.js';

/** One of the hosts. */
export interface DatabaseHost {
  /** As `host:port/name`, for people: without the password. */
  readonly where: string;
  /** The address with this host only. */
  readonly url: string;
}

/** @throws DatabaseRefused when it is no such address. It does not contain the address, which may have a password. */
export function hostsOf(url: string): readonly DatabaseHost[] {
  const [, scheme, user = '', authority, path = '', query = ''] =
    /^(postgres(?:ql)?:\/\/)([^@/?#]*@)?([^@/?#]+)(\/[^?#]*)?(\?[^#]*)?$/.exec(url) ?? [];
  if (scheme === undefined || authority === undefined)
    throw new DatabaseRefused('the address of a database is like postgresql://im@db1.example.com,db2.example.com/im');
  // Every connection needs the primary, whatever the address says.
  const options = query.replace(/([?&])target_session_attrs=[^&]*&?/g, '$1').replace(/[?&]$/, '');
  return authority.split(',').map((host) => {
    const named = /:\d+$/.test(host) ? host : `${host}:5432`;
    return { where: `${named}${path}`, url: `${scheme}${user}${named}${path}${options}` };
  });
}
