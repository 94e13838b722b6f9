/** The settings `keys.ACTION`: which keys an action of the chat has. Pure. */
import { keysText } from '../../tui/screen/key-parser.js';
import { type KeySettings, settingText, toKeymap } from '../../tui/screen/keymap.js';
import { BINDINGS } from '../../tui/screen/keys.js';
import { EN } from '../../tui/texts/en.js';
import { keyFailure } from '../connect/chat-keys.js';
import { Failure } from '../errors/failure.js';

export interface KeySetting {
  /** `keys.search`. */
  readonly key: string;
  readonly value: string;
  readonly from: 'config' | 'default';
  readonly meaning: string;
}

/** The action in `keys.ACTION`; undefined for other settings. */
export const actionIn = (setting: string): string | undefined => /^keys\.(.+)$/s.exec(setting)?.[1];

const hasOwn = (settings: KeySettings, action: string): boolean => Object.hasOwn(settings, action);

/** All actions with their keys; also what is set for actions that do not exist. */
export function keySettings(settings: KeySettings = {}): readonly KeySetting[] {
  const { keymap } = toKeymap(settings);
  const known = BINDINGS.map(({ action }): KeySetting => {
    const keys = keymap.keysOf(action);
    const given = hasOwn(settings, action) ? settings[action] : undefined;
    // What cannot be used is shown as it is.
    const value = keys.length === 0 && given !== undefined ? settingText(given) : keysText(keys);
    return {
      key: `keys.${action}`,
      value,
      from: given === undefined ? 'default' : 'config',
      meaning: EN.actions[action],
    };
  });
  const names = new Set<string>(BINDINGS.map(({ action }) => action));
  const unknown = Object.entries(settings)
    .filter(([name]) => !names.has(name))
    .map(([name, value]): KeySetting => {
      return { key: `keys.${name}`, value: settingText(value), from: 'config', meaning: 'there is no such action' };
    });
  return [...known, ...unknown];
}

/** One of them. @throws Failure `usage` for an unknown action. */
export function keySetting(settings: KeySettings | undefined, action: string): KeySetting {
  const found = keySettings(settings).find(({ key }) => key === `keys.${action}`);
  if (found) return found;
  throw keyFailure(`there is no action ${action}`, { kind: 'action', actions: [action], what: '' });
}

/** With these keys for an action. @throws Failure `usage` for an unknown action or key, and a key of another action. */
export function withKeys(settings: KeySettings = {}, action: string, text: string): KeySettings {
  const changed = new Map(Object.entries(settings)).set(action, text);
  const { keymap } = checked(changed, action, 'set');
  const binding = BINDINGS.find((one) => one.action === action);
  const keys = binding === undefined ? [] : keymap.keysOf(binding.action);
  const [only, ...more] = keys.map((key) => keysText([key]));
  changed.set(action, only === undefined || more.length > 0 ? keys.map((key) => keysText([key])) : only);
  return Object.fromEntries(changed);
}

/** With the default keys. @throws Failure `usage` when another action has one of them by now, and for what is neither set nor known. */
export function withoutKeys(settings: KeySettings = {}, action: string): KeySettings {
  const changed = new Map(Object.entries(settings));
  if (!changed.delete(action)) keySetting(settings, action);
  checked(changed, action, 'unset');
  return Object.fromEntries(changed);
}

/** Other problems than those of this action are no reason: they can only be mended one by one. */
function checked(settings: ReadonlyMap<string, string | readonly string[]>, action: string, verb: string) {
  const result = toKeymap(Object.fromEntries(settings));
  const problem = result.problems.find(({ actions }) => actions.includes(action));
  if (problem === undefined) return result;
  const other = problem.actions.find((one) => one !== action) ?? action;
  throw keyFailure(`keys.${action} is not ${verb}: ${problem.what}`, { ...problem, actions: [action, other] });
}

/** @throws Failure `usage` */
export function keysAreMany(): never {
  throw new Failure('usage', 'keys is not one setting, but one for each action', {
    next: 'im config set keys.ACTION KEY; im config get keys lists the actions',
  });
}
