/**
 * What must be true of every run, however it went: the invariants I1 to I8, each a function from what happened to what was
 * wrong with it. To be asked when faults are off, everyone has logged in and every mailbox is drained.
 */
import { type Fact, factsOf, only } from './stage-facts.js';
import type { Entry } from './stage-ledger.js';

type Oracle = (facts: readonly Fact[]) => string[];

/** What the server called stored, in a store that was not lost since, and did not call purged. */
export function acknowledged(facts: readonly Fact[]): Set<string> {
  const life = facts.slice(facts.findLastIndex(({ type }) => type === 'store lost') + 1);
  const stored = new Set(only(life, 'stored').map(({ key }) => key));
  for (const { key, code } of only(life, 'refused')) if (code === 'purged') stored.delete(key);
  return stored;
}

/** What its target was shown, or has acked by hand. */
export const arrived = (facts: readonly Fact[]): Set<string> =>
  new Set([...only(facts, 'shown'), ...only(facts, 'acked')].map(({ key }) => key));

const lost: Oracle = (facts) => {
  const there = arrived(facts);
  return [...acknowledged(facts)].filter((key) => !there.has(key)).map((key) => `${key} was stored and never arrived`);
};

const invented: Oracle = (facts) => {
  const asked = new Set<string>();
  return facts.flatMap((fact) => {
    if (fact.type === 'asked') asked.add(`${fact.key}: ${fact.body}`);
    if (fact.type !== 'pushed' && fact.type !== 'shown') return [];
    if (fact.type === 'pushed' && fact.isPurged) return [];
    return asked.has(`${fact.key}: ${fact.body}`) ? [] : [`${fact.key} was ${fact.type} as “${fact.body}”`];
  });
};

const shownTwice: Oracle = (facts) => {
  const seen = new Set<string>();
  return only(facts, 'shown').flatMap(({ device, key, epoch, seq, isReplay }) => {
    if (isReplay) return [];
    const names = [`${device}: ${key}`, `${device}: seq ${seq} of ${epoch}`];
    const again = names.filter((name) => seen.has(name));
    for (const name of names) seen.add(name);
    return again.map((name) => `${name} was shown again`);
  });
};

const outOfOrder: Oracle = (facts) => {
  const firstShown = new Map<string, number>();
  for (const [position, { key }] of only(facts, 'shown').entries()) {
    if (!firstShown.has(key)) firstShown.set(key, position);
  }
  const sent = new Set<string>();
  /** For each stream and pair of users: what was shown latest of what was sent so far. */
  const latest = new Map<string, number>();
  return only(facts, 'sent').flatMap(({ stream, key }) => {
    const position = firstShown.get(key);
    if (sent.has(key) || position === undefined) return [];
    sent.add(key);
    const lane = `${stream}, ${key.slice(key.indexOf(' ') + 1)}`;
    const before = latest.get(lane) ?? -1;
    latest.set(lane, Math.max(before, position));
    return position < before ? [`${key} was shown before what was sent before it`] : [];
  });
};

const deliveredUnasked: Oracle = (facts) => {
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
        return acked.has(fact.key) ? [] : [`${fact.key} was called delivered without an ack`];
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
    .map(({ key, code }) => `${key} was refused (${code}) and pushed all the same`);
};

const purgedAndPushed: Oracle = (facts) => {
  const purged = new Set<string>();
  return facts.flatMap((fact) => {
    if (fact.type === 'refused' && fact.code === 'purged') purged.add(fact.key);
    const isWrong = fact.type === 'pushed' && !fact.isPurged && purged.has(fact.key);
    return isWrong ? [`${fact.key} was pushed after it was purged`] : [];
  });
};

const toTheReplaced: Oracle = (facts) => {
  const newest = new Map<string, number>();
  const over = new Set<number>();
  return facts.flatMap((fact) => {
    switch (fact.type) {
      case 'welcome':
        if (fact.hasMailbox) newest.set(fact.user, fact.connection);
        return [];
      case 'said': {
        const isTooLate = over.has(fact.connection);
        if (fact.what === 'bye') over.add(fact.connection);
        return isTooLate ? [`connection ${fact.connection} was told ${fact.what} after bye`] : [];
      }
      case 'pushed':
        return newest.get(fact.user) === fact.connection
          ? []
          : [`${fact.key} was pushed to a session that is not the newest`];
      default:
        return [];
    }
  });
};

const wentBack: Oracle = (facts) => {
  const cursors = new Map<string, number>();
  const names = new Map<string, string>();
  const due = new Map<number, number>();
  const again = new Set<string>();
  return facts.flatMap((fact) => {
    if (fact.type === 'again') again.add(fact.user);
    if (fact.type === 'welcome' && fact.hasMailbox) {
      const mailbox = `${fact.user} in ${fact.epoch}`;
      const before = cursors.get(mailbox) ?? 0;
      cursors.set(mailbox, fact.delivered);
      due.set(fact.connection, fact.delivered + 1);
      return fact.delivered < before ? [`the cursor of ${mailbox} fell from ${before} to ${fact.delivered}`] : [];
    }
    if (fact.type !== 'pushed' || fact.isReplay) return [];
    const place = `seq ${fact.seq} of ${fact.user} in ${fact.epoch}`;
    const was = names.get(place) ?? fact.key;
    names.set(place, fact.key);
    const expected = due.get(fact.connection) ?? 0;
    due.set(fact.connection, fact.seq + 1);
    const isDue = fact.seq === expected || (fact.seq < expected && again.delete(fact.user));
    return [
      ...(was === fact.key ? [] : [`${place} was ${was} and became ${fact.key}`]),
      ...(isDue ? [] : [`${place} was pushed where ${expected} was due`]),
    ];
  });
};

export const ORACLES: Readonly<Record<string, Oracle>> = {
  'I1 no acknowledged message is lost': lost,
  'I2 nothing is pushed or shown that its sender did not send': invented,
  'I3 nothing is shown twice by one device, whatever its process went through': shownTwice,
  'I4 what one device sends to one user is first shown in the order of sending': outOfOrder,
  'I5 nothing is delivered without the ack of its target, nothing acked that was not shown': deliveredUnasked,
  'I6 what was refused, and never stored, is never pushed': refusedAndPushed,
  'I6 what was purged is never pushed with its body any more': purgedAndPushed,
  'I7 one session a user: pushes go to the newest, and nothing follows bye': toTheReplaced,
  'I8 a mailbox never goes back: cursor, seq and name of a message, no holes': wentBack,
};

/** Everything that was wrong with a run, each with the invariant that it breaks. */
export function violations(entries: readonly Entry[]): string[] {
  const facts = factsOf(entries);
  return Object.entries(ORACLES).flatMap(([name, oracle]) => oracle(facts).map((what) => `${name}: ${what}`));
}
