/** Which key does what: the table of keys.ts, changed by the user's settings. Pure. */
import { inline, type SafeText } from '../../text/safe-text.js';
import { sameKey } from './key-names.js';
import { keysText, parseKeys } from './key-parser.js';
import { type Action, BINDINGS, keyLabel } from './keys.js';

/** The keys by action, as a person writes them in the settings: they replace those of the table. Not checked. */
export type KeySettings = Readonly<Record<string, string | readonly string[]>>;

/** What is wrong with the settings. */
export interface KeyConflict {
  /** The settings that are part of it. */
  readonly actions: readonly string[];
  /** For people: what is wrong, as a sentence without a full stop. */
  readonly what: string;
  readonly kind: 'action' | 'key' | 'conflict';
}

export class Keymap {
  readonly #actions = new Map<string, Action>();
  /** The first key of each binding of two keys. */
  readonly #prefixes = new Set<string>();

  /** @param keys of each action, without conflicts. */
  constructor(private readonly keys: ReadonlyMap<Action, readonly string[]>) {
    for (const [action, bound] of keys) {
      for (const key of bound) {
        this.#actions.set(sameKey(key), action);
        const prefix = prefixOf(key);
        if (prefix !== undefined) this.#prefixes.add(prefix);
      }
    }
  }

  /** Undefined when the key has no action. */
  actionOf(key: string): Action | undefined {
    return this.#actions.get(key);
  }

  /** Whether a binding of two keys begins with this one. */
  isPrefix(key: string): boolean {
    return this.#prefixes.has(key);
  }

  keysOf(action: Action): readonly string[] {
    return this.keys.get(action) ?? [];
  }

  /** The first key of the action, as the help shows it; undefined when it has none. */
  labelOf(action: Action): SafeText | undefined {
    const [key] = this.keysOf(action);
    return key === undefined ? undefined : inline(keyLabel(key));
  }
}

const prefixOf = (key: string): string | undefined => {
  const end = key.indexOf(' ');
  return end === -1 ? undefined : key.slice(0, end);
};

/** The keys that hold with these settings, and all that is wrong with them. Without problems the keymap can be used. */
export function toKeymap(settings: KeySettings = {}): {
  readonly keymap: Keymap;
  readonly problems: readonly KeyConflict[];
} {
  const given = new Map(Object.entries(settings));
  const problems: KeyConflict[] = [];
  const keys = new Map<Action, readonly string[]>();
  for (const { action, keys: defaults, fixed } of BINDINGS) {
    const setting = given.get(action);
    given.delete(action);
    const parsed = setting === undefined ? defaults : parseKeys(settingText(setting), action);
    if ('problem' in parsed) problems.push({ actions: [action], what: parsed.problem, kind: 'key' });
    else
      keys.set(action, setting !== undefined && fixed !== undefined ? [...new Set([...defaults, ...parsed])] : parsed);
  }
  for (const action of given.keys())
    problems.push({ actions: [action], what: `there is no action ${shortened(action)}`, kind: 'action' });
  return { keymap: new Keymap(keys), problems: [...problems, ...conflictsIn(keys)] };
}

/** A setting as one text. */
export const settingText = (setting: string | readonly string[]): string =>
  typeof setting === 'string' ? setting : setting.join(', ') || 'none';

const MAX_NAME = 40;

const shortened = (name: string): string => (name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME)}…`);

/** Two actions with one key, and keys that begin a binding of two keys. */
function conflictsIn(keys: ReadonlyMap<Action, readonly string[]>): KeyConflict[] {
  const owners = new Map<string, Action>();
  const conflicts: KeyConflict[] = [];
  const conflict = (one: Action, other: Action, what: string) =>
    conflicts.push({ actions: [one, other], what, kind: 'conflict' });
  for (const [action, bound] of keys) {
    for (const key of new Set(bound.map(sameKey))) {
      const owner = owners.get(key);
      if (owner !== undefined) conflict(owner, action, `${keysText([key])} is the key of ${owner} and of ${action}`);
      else owners.set(key, action);
    }
  }
  for (const [key, action] of owners) {
    const prefix = prefixOf(key);
    const owner = prefix === undefined ? undefined : owners.get(prefix);
    if (owner === undefined || prefix === undefined) continue;
    conflict(
      owner,
      action,
      `${keysText([prefix])} is the key of ${owner}, and begins ${keysText([key])}, the key of ${action}`,
    );
  }
  return conflicts;
}
