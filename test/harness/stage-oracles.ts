/**
 * The invariants I1 to I8 that every run must keep: each is a function from the facts of the run to its violations. To be checked
 * at the end of a run, when all faults are off, all clients are online, and all mailboxes are empty.
 */
import { type Fact, factsOf, only } from './stage-facts.js';
import type { Entry } from './stage-ledger.js';

type Oracle = (facts: readonly Fact[]) => string[];

/** The keys of messages that were reported as stored in the current store, and not purged. */
export function acknowledged(facts: readonly Fact[]): Set<string> {
  const current = facts.slice(facts.findLastIndex(({ type }) => type === 'store lost') + 1);
  const stored = new Set(only(current, 'stored').map(({ key }) => key));
  for (const { key, code } of only(current, 'refused')) if (code === 'purged') stored.delete(key);
  return stored;
}

/** The keys of messages that their recipient was shown, or has acked on a raw connection. */
export const arrived = (facts: readonly Fact[]): Set<string> =>
  new Set([...only(facts, 'shown'), ...only(facts, 'acked')].map(({ key }) => key));

const lost: Oracle = (facts) => {
  const done = arrived(facts);
  return [...acknowledged(facts)].filter((key) => !done.has(key)).map((key) => `${key} was stored and never arrived`);
};

const invented: Oracle = (facts) => {
  const requested = new Set<string>();
  return facts.flatMap((fact) => {
    if (fact.type === 'requested') requested.add(`${fact.key}: ${fact.body}`);
    if (fact.type !== 'pushed' && fact.type !== 'shown') return [];
    if (fact.type === 'pushed' && fact.isPurged) return [];
    return requested.has(`${fact.key}: ${fact.body}`) ? [] : [`${fact.key} was ${fact.type} as “${fact.body}”`];
  });
};

const shownTwice: Oracle = (facts) => {
  const seen = new Set<string>();
  return only(facts, 'shown').flatMap(({ device, key, epoch, seq, isReplay }) => {
    if (isReplay) return [];
    const entries = [`${device}: ${key}`, `${device}: seq ${seq} of ${epoch}`];
    const again = entries.filter((entry) => seen.has(entry));
    for (const entry of entries) seen.add(entry);
    return again.map((entry) => `${entry} was shown again`);
  });
};

const outOfOrder: Oracle = (facts) => {
  const firstShown = new Map<string, number>();
  for (const [position, { key }] of only(facts, 'shown').entries()) {
    if (!firstShown.has(key)) firstShown.set(key, position);
  }
  const sent = new Set<string>();
  /** For each stream and pair of users: the latest position at which one of the messages sent so far was shown. */
  const latest = new Map<string, number>();
  return only(facts, 'sent').flatMap(({ stream, key }) => {
    const position = firstShown.get(key);
    if (sent.has(key) || position === undefined) return [];
    sent.add(key);
    const pair = `${stream}, ${key.slice(key.indexOf(' ') + 1)}`;
    const before = latest.get(pair) ?? -1;
    latest.set(pair, Math.max(before, position));
    return position < before ? [`${key} was shown before a message that was sent earlier`] : [];
  });
};

const unacked: Oracle = (facts) => {
  const acked = new Set<string>();
  const shown = new Set<string>();
  return facts.flatMap((fact) => {
    switch (fact.type) {
      case 'shown':
        shown.add(`${fact.device}: ${fact.key}`);
        return [];
      case 'acked':
        acked.add(fact.key);
        if (fact.device === undefined || shown.has(`${fact.device}: ${fact.key}`)) return [];
        return [`${fact.device} acked ${fact.key} without having shown it`];
      case 'delivered':
        return acked.has(fact.key) ? [] : [`${fact.key} was reported as delivered without an ack`];
      default:
        return [];
    }
  });
};

const refusedAndPushed: Oracle = (facts) => {
  const stored = new Set(only(facts, 'stored').map(({ key }) => key));
  const pushed = new Set(only(facts, 'pushed').map(({ key }) => key));
  return only(facts, 'refused')
    .filter(({ key }) => pushed.has(key) && !stored.has(key))
    .map(({ key, code }) => `${key} was refused (${code}) and pushed`);
};

const purgedAndPushed: Oracle = (facts) => {
  const purged = new Set<string>();
  return facts.flatMap((fact) => {
    if (fact.type === 'refused' && fact.code === 'purged') purged.add(fact.key);
    if (fact.type === 'requested' && fact.isRestore) purged.delete(fact.key);
    const isWrong = fact.type === 'pushed' && !fact.isPurged && purged.has(fact.key);
    return isWrong ? [`${fact.key} was pushed after it was purged`] : [];
  });
};

const replacedSession: Oracle = (facts) => {
  const newest = new Map<string, number>();
  const closed = new Set<number>();
  return facts.flatMap((fact) => {
    switch (fact.type) {
      case 'welcome':
        if (fact.hasMailbox) newest.set(fact.claimant, fact.connection);
        return [];
      case 'server frame': {
        const isAfterBye = closed.has(fact.connection);
        if (fact.frameType === 'bye') closed.add(fact.connection);
        return isAfterBye ? [`connection ${fact.connection} got ${fact.frameType} after bye`] : [];
      }
      case 'pushed':
        return newest.get(fact.claimant) === fact.connection
          ? []
          : [`${fact.key} was pushed to a session that is not the newest`];
      default:
        return [];
    }
  });
};

const wentBack: Oracle = (facts) => {
  const cursors = new Map<string, number>();
  const keys = new Map<string, string>();
  /** The next seq on each connection. */
  const expectedSeqs = new Map<number, number>();
  const pushedAgain = new Set<string>();
  return facts.flatMap((fact) => {
    if (fact.type === 'pushed again') pushedAgain.add(fact.user);
    if (fact.type === 'welcome' && fact.hasMailbox) {
      const mailbox = `${fact.claimant} in ${fact.epoch}`;
      const before = cursors.get(mailbox) ?? 0;
      cursors.set(mailbox, fact.delivered);
      expectedSeqs.set(fact.connection, fact.delivered + 1);
      return fact.delivered < before ? [`the cursor of ${mailbox} went back from ${before} to ${fact.delivered}`] : [];
    }
    if (fact.type !== 'pushed' || fact.isReplay) return [];
    const position = `seq ${fact.seq} of ${fact.user} in ${fact.epoch}`;
    const key = keys.get(position) ?? fact.key;
    keys.set(position, fact.key);
    const expected = expectedSeqs.get(fact.connection) ?? 0;
    expectedSeqs.set(fact.connection, fact.seq + 1);
    const isExpected = fact.seq === expected || (fact.seq < expected && pushedAgain.delete(fact.user));
    return [
      ...(key === fact.key ? [] : [`${position} was ${key} and became ${fact.key}`]),
      ...(isExpected ? [] : [`${position} was pushed where ${expected} was expected`]),
    ];
  });
};

/** What one device was pushed, and another of the same user was not, though it was known by then. */
export const withheld: Oracle = (facts) => {
  const began = new Map<string, { readonly user: string; readonly epoch: string; readonly delivered: number }>();
  /** How far the pushes go that a device can no longer get. */
  const missed = new Map<string, number>();
  for (const { claimant, user, epoch, delivered, missed: count, hasMailbox } of only(facts, 'welcome')) {
    // A client without a device is only known for sure when it has acked something.
    const isKnown = hasMailbox && (claimant !== user || delivered > 0);
    if (isKnown && !began.has(claimant)) began.set(claimant, { user, epoch, delivered });
    if (count > 0) missed.set(claimant, delivered);
  }
  const pushes = only(facts, 'pushed').filter(({ isReplay, isPurged }) => !isReplay && !isPurged);
  const got = new Set(pushes.map(({ claimant, key }) => `${claimant} ${key}`));
  return pushes.flatMap(({ user, epoch, seq, key }) =>
    [...began]
      .filter(([claimant, one]) => {
        const after = Math.max(one.delivered, missed.get(claimant) ?? 0);
        const isNewer = one.user === user && one.epoch === epoch && seq > after;
        return isNewer && !got.has(`${claimant} ${key}`);
      })
      .map(([claimant]) => `${key} was never pushed to ${claimant}`),
  );
};

export const ORACLES: Readonly<Record<string, Oracle>> = {
  'I1 no stored message is lost': lost,
  'I2 nothing is pushed or shown that was not sent': invented,
  'I3 a device shows nothing twice, also after its process died': shownTwice,
  'I4 messages from one device to one user are first shown in the order of sending': outOfOrder,
  'I5 nothing is delivered without an ack of the recipient, and nothing is acked that was not shown': unacked,
  'I6 a message that was refused, and never stored, is not pushed': refusedAndPushed,
  'I6 a purged message is not pushed with its body': purgedAndPushed,
  'I7 one session per device: pushes go to the newest session, and no frame follows bye': replacedSession,
  'I7 every device gets everything that another device of its user gets': withheld,
  'I8 the cursor never goes back, seqs have no gaps, and a seq keeps its message': wentBack,
};

/** The violations of a run, each with its invariant. */
export function violations(entries: readonly Entry[]): string[] {
  const facts = factsOf(entries);
  return Object.entries(ORACLES).flatMap(([name, oracle]) => oracle(facts).map((what) => `${name}: ${what}`));
}
