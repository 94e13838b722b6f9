/** Sizes for people, in decimal units. */
import { inline, type SafeText } from '../../text/safe-text.js';

/** `512 B`, `1.2 kB`, `34 MB`. */
export function formatBytes(bytes: number): SafeText {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return inline(`${unit === 0 || value >= 9.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`);
}
