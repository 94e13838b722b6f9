/** What `/set` needs of the settings that stay: they are kept elsewhere, by the code of `im config`. */
import type { ThemeChoice } from '../rows/theme.js';
import type { Keymap } from '../screen/keymap.js';
import type { ShownSetting } from '../screen/overlay.js';
import type { SettingName } from '../screen/slash-commands.js';
import type { Notification } from './notify.js';

/** The settings that take effect at once. */
export interface LiveSettings {
  readonly theme: ThemeChoice;
  readonly notification: Notification;
  readonly hasMouse: boolean;
  readonly hasTitle: boolean;
  readonly keymap: Keymap;
}

export interface SettingResult {
  readonly isDone: boolean;
  /** What became of it, for people. */
  readonly text: string;
  readonly list?: readonly ShownSetting[];
  /** What holds after a change. */
  readonly live?: LiveSettings;
}

/** Its promises reject only for a bug. */
export interface Settings {
  /** For completion. */
  readonly names: readonly SettingName[];
  /** @param group `keys`: the keys of all actions. */
  list(group: string): Promise<SettingResult>;
  show(name: string): Promise<SettingResult>;
  /** Resolves when it is on disk, or refused. @param value as it was typed; `default` takes the setting away. */
  set(name: string, value: string): Promise<SettingResult>;
}
