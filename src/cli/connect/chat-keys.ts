/** The keys of the chat as the settings have them, and what to say if they cannot be used. Loaded only for the screen and `im config`. */
import { KEY_RULE } from '../../tui/screen/key-parser.js';
import { type KeyConflict, type Keymap, type KeySettings, toKeymap } from '../../tui/screen/keymap.js';
import { BINDINGS } from '../../tui/screen/keys.js';
import { nearName } from '../accounts/near-name.js';
import { Failure } from '../errors/failure.js';

/** @throws Failure `usage` for an unknown action, an unknown key, or two actions with one key. */
export function chatKeymap(settings: KeySettings | undefined): Keymap {
  const { keymap, problems } = toKeymap(settings);
  const [problem] = problems;
  if (problem === undefined) return keymap;
  const [name] = problem.actions;
  const what =
    problem.kind === 'key' ? `keys.${name} in profile.json: ${problem.what}` : `keys in profile.json: ${problem.what}`;
  throw keyFailure(what, problem);
}

/** @param what what happened. */
export function keyFailure(what: string, { kind, actions: [name = '', other = name] }: KeyConflict): Failure {
  if (kind === 'key') return new Failure('usage', what, { next: KEY_RULE });
  if (kind === 'conflict') {
    return new Failure('usage', what, {
      next: `give one of them another key, or none: im config set keys.${other} none`,
    });
  }
  const actions = BINDINGS.map(({ action }) => action);
  const near = nearName(name, actions);
  const next = near === undefined ? `the actions are: ${actions.join(', ')}` : `did you mean ${near}?`;
  return new Failure('usage', what, { next });
}
