/**
 * The invariants I1 to I8 that every run must keep: each is a function from the facts of the run to its violations. To be checked
 * at the end of a run, when all faults are off, all clients are online, and all mailboxes are empty.
 */
import { copyOf, type Fact, type FactOf, factsOf, only } from './stage-facts.js';
import type { Entry } from './stage-ledger.js';

type Oracle = (facts: readonly Fact[]) => string[];

/** Those since the current store is used. */
const inThisStore = (facts: readonly Fact[]): readonly Fact[] =>
  facts.slice(facts.findLastIndex(({ type }) => type === 'store lost') + 1);

/**
 * The keys of messages that were reported as stored in the current store, and not purged. A copy that was pushed is such a
 * report: its message is stored, too.
 */
export function acknowledged(facts: readonly Fact[]): Set<string> {
  const current = inThisStore(facts);
  const copied = only(current, 'pushed').flatMap(({ original }) => original ?? []);
  const stored = new Set([...only(current, 'stored').map(({ key }) => key), ...copied]);
  for (const { key, code } of only(current, 'refused')) if (code === 'purged' || code === 'unsent') stored.delete(key);
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
    if (fact.type === 'requested') {
      requested.add(`${fact.key}: ${fact.body}`);
      requested.add(`${copyOf(fact.key)}: ${fact.body}`);
    }
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
  /** For each message and copy: where it was shown first, on each device and on any. */
  const firstShown = new Map<string, Map<string, number>>();
  for (const [position, { key, device, isReplay }] of only(facts, 'shown').entries()) {
    const first = firstShown.get(key) ?? new Map<string, number>();
    firstShown.set(key, first);
    for (const place of isReplay ? ['any device'] : ['any device', device]) {
      if (!first.has(place)) first.set(place, position);
    }
  }
  const sent = new Set<string>();
  /** For each stream, pair of users and place: the latest position at which one of the messages sent so far was shown. */
  const latest = new Map<string, number>();
  return only(facts, 'sent').flatMap(({ stream, key: message }) => {
    if (sent.has(message)) return [];
    sent.add(message);
    const pair = `${stream}, ${message.slice(message.indexOf(' ') + 1)}`;
    return [message, copyOf(message)].flatMap((key) =>
      [...(firstShown.get(key) ?? [])].flatMap(([place, position]) => {
        const line = `${pair}, ${place}, ${key === message ? 'received' : 'copied'}`;
        const before = latest.get(line) ?? -1;
        latest.set(line, Math.max(before, position));
        return position < before ? [`${key} was shown before one that was sent earlier, on ${place}`] : [];
      }),
    );
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
  const pushed = new Set(only(facts, 'pushed').map(({ key, original }) => original ?? key));
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

const unsentAndPushed: Oracle = (facts) => {
  const unsent = new Set(only(facts, 'refused').flatMap(({ key, code }) => (code === 'unsent' ? [key] : [])));
  return only(facts, 'pushed')
    .filter(({ key, isPurged }) => unsent.has(key) && !isPurged)
    .map(({ key }) => `${key} was unsent, and pushed`);
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
  const identities = new Map<string, string>();
  /** The next seq on each connection. */
  const expectedSeqs = new Map<number, number>();
  const pushedAgain = new Set<string>();
  return facts.flatMap((fact) => {
    if (fact.type === 'store lost') {
      cursors.clear();
      identities.clear();
    }
    if (fact.type === 'pushed again') pushedAgain.add(fact.user);
    if (fact.type === 'welcome' && fact.hasMailbox) {
      const mailbox = `${fact.claimant} in ${fact.epoch}`;
      const before = cursors.get(mailbox) ?? 0;
      cursors.set(mailbox, Math.max(before, fact.delivered));
      expectedSeqs.set(fact.connection, fact.delivered + 1);
      // Another machine of the same name has acked what this one lacks.
      const isBack = fact.delivered < before && fact.delivered !== fact.has;
      return isBack ? [`the cursor of ${mailbox} went back from ${before} to ${fact.delivered}`] : [];
    }
    if (fact.type !== 'pushed' || fact.isReplay) return [];
    const position = `seq ${fact.seq} of ${fact.user} in ${fact.epoch}`;
    const known = identities.get(position) ?? fact.identity;
    identities.set(position, fact.identity);
    const expected = expectedSeqs.get(fact.connection) ?? 0;
    expectedSeqs.set(fact.connection, fact.seq + 1);
    const isExpected = fact.seq === expected || (fact.seq < expected && pushedAgain.delete(fact.user));
    return [
      ...(known === fact.identity ? [] : [`${position} was ${known} and became ${fact.identity}`]),
      ...(isExpected ? [] : [`${position} was pushed where ${expected} was expected`]),
    ];
  });
};

/** The devices that sent each message, by its key. Undefined stands for sessions in mode `send`. */
function sendersOf(facts: readonly Fact[]): Map<string, Set<string | undefined>> {
  const senders = new Map<string, Set<string | undefined>>();
  for (const { key, claimant } of only(facts, 'requested')) {
    senders.set(key, (senders.get(key) ?? new Set()).add(claimant));
  }
  return senders;
}

/** The devices that wanted copies in each of their sessions. */
function wantingCopies(facts: readonly Fact[]): Set<string> {
  const sessions = only(facts, 'welcome').filter((fact) => fact.hasMailbox);
  const wanting = new Set(sessions.map(({ claimant }) => claimant));
  for (const { claimant, wantsCopies } of sessions) if (!wantsCopies) wanting.delete(claimant);
  return wanting;
}

/** What one device was pushed, and another of the same user was not, though it was known by then. */
export const withheld: Oracle = (all) => {
  const facts = inThisStore(all);
  const began = new Map<string, { readonly user: string; readonly epoch: string; readonly delivered: number }>();
  /** How far the pushes go that a device can no longer get. */
  const missed = new Map<string, number>();
  for (const { claimant, user, epoch, delivered, missed: count, hasMailbox } of only(facts, 'welcome')) {
    // A client without a device is only known for sure when it has acked something.
    const isKnown = hasMailbox && (claimant !== user || delivered > 0);
    if (isKnown && !began.has(claimant)) began.set(claimant, { user, epoch, delivered });
    if (count > 0) missed.set(claimant, delivered);
  }
  const wanting = wantingCopies(facts);
  const senders = sendersOf(facts);
  const isFor = (claimant: string, original: string | undefined): boolean =>
    original === undefined || (wanting.has(claimant) && !senders.get(original)?.has(claimant));
  const pushes = only(facts, 'pushed').filter(({ isReplay, isPurged }) => !isReplay && !isPurged);
  const got = new Set(pushes.map(({ claimant, key }) => `${claimant} ${key}`));
  return pushes.flatMap(({ user, epoch, seq, key, original }) =>
    [...began]
      .filter(([claimant, one]) => {
        const after = Math.max(one.delivered, missed.get(claimant) ?? 0);
        const isNewer = one.user === user && one.epoch === epoch && seq > after;
        return isNewer && isFor(claimant, original) && !got.has(`${claimant} ${key}`);
      })
      .map(([claimant]) => `${key} was never pushed to ${claimant}`),
  );
};

/**
 * What was stored, and never came as a copy to another device of its sender that wanted copies before the server received
 * it. Not for raw connections.
 */
export const uncopied: Oracle = (facts) => {
  const current = inThisStore(facts);
  const wanting = wantingCopies(current);
  const senders = sendersOf(current);
  /** Devices that want copies: since when. One that was told that it missed something begins again. */
  const since = new Map<string, { readonly user: string; readonly position: number }>();
  const asked = new Map<string, { readonly fact: FactOf<'requested'>; readonly position: number }>();
  const stored = new Set<string>();
  const acked = new Set<string>();
  for (const [position, fact] of current.entries()) {
    if (fact.type === 'welcome' && !fact.isRaw && wanting.has(fact.claimant)) {
      if (fact.missed > 0 || !since.has(fact.claimant)) since.set(fact.claimant, { user: fact.user, position });
    } else if (fact.type === 'requested') {
      if (!asked.has(fact.key)) asked.set(fact.key, { fact, position });
    } else if (fact.type === 'stored' || (fact.type === 'pushed' && !fact.isReplay)) stored.add(fact.key);
    else if (fact.type === 'acked') acked.add(`${fact.claimant} ${fact.key}`);
  }
  return [...asked].flatMap(([key, { fact, position }]) => {
    if (fact.isToOneself || fact.isRestore || !stored.has(key)) return [];
    return [...since]
      .filter(
        ([claimant, one]) => one.user === fact.user && one.position < position && !senders.get(key)?.has(claimant),
      )
      .filter(([claimant]) => !acked.has(`${claimant} ${copyOf(key)}`))
      .map(([claimant]) => `${copyOf(key)} never arrived at ${claimant}`);
  });
};

const miscopied: Oracle = (facts) => {
  const senders = sendersOf(facts);
  const sessions = new Map<number, FactOf<'welcome'>>();
  return facts.flatMap((fact) => {
    if (fact.type === 'welcome') sessions.set(fact.connection, fact);
    if (fact.type !== 'pushed' || fact.original === undefined) return [];
    const { wantsCopies = false, history = 0 } = sessions.get(fact.connection) ?? {};
    const sentBy = senders.get(fact.original);
    const isOwn = sentBy?.size === 1 && sentBy.has(fact.claimant) && fact.seq > history;
    return [
      ...(wantsCopies ? [] : [`${fact.key} was pushed to ${fact.claimant}, which wants no copies`]),
      ...(isOwn ? [`${fact.key} was pushed to ${fact.claimant}, which sent it`] : []),
    ];
  });
};

export const ORACLES: Readonly<Record<string, Oracle>> = {
  'I1 no stored message is lost': lost,
  'I2 nothing is pushed or shown that was not sent': invented,
  'I3 a device shows nothing twice, also after its process died': shownTwice,
  'I4 messages from one device to one user are first shown in the order of sending': outOfOrder,
  'I5 nothing is delivered without an ack of the recipient, and nothing is acked that was not shown': unacked,
  'I6 a message that was refused, and never stored, is not pushed': refusedAndPushed,
  'I6 a purged message is not pushed with its body': purgedAndPushed,
  'I6 an unsent message is never pushed with its body': unsentAndPushed,
  'I7 one session per device: pushes go to the newest session, and no frame follows bye': replacedSession,
  'I7 every device gets everything that another device of its user gets': withheld,
  'I7 what a user sends comes to each of the other devices that want copies': uncopied,
  'I7 a copy is not pushed to the device that sent it, nor to one that wants none': miscopied,
  'I8 the cursor never goes back, seqs have no gaps, and a seq keeps its message': wentBack,
};

/** The violations of a run, each with its invariant. */
export function violations(entries: readonly Entry[]): string[] {
  const facts = factsOf(entries);
  return Object.entries(ORACLES).flatMap(([name, oracle]) => oracle(facts).map((what) => `${name}: ${what}`));
}
