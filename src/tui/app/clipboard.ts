/** Puts text on the clipboard of the terminal (OSC 52), also through tmux and GNU screen. Pure. */
import type { SafeText } from '../../text/safe-text.js';
import type { Multiplexer } from './notify.js';

const ESC = '\u001b';
const ST = `${ESC}\\`;

/** GNU screen passes on a control string of at most 768 bytes; older ones less. */
const SCREEN_CHUNK = 240;

/**
 * Bytes for the terminal. Terminals that do not know OSC 52, or do not allow it, ignore them, and nothing tells. tmux takes the
 * first sequence with `set-clipboard on`, and passes on the second one with `allow-passthrough on`.
 */
export function clipboardBytes(text: SafeText, multiplexer: Multiplexer | undefined): string {
  const sequence = `${ESC}]52;c;${Buffer.from(text, 'utf8').toString('base64')}`;
  switch (multiplexer) {
    case undefined:
      return sequence + ST;
    case 'tmux':
      // Ended with BEL: an ST would end the outer sequence.
      return `${sequence}${ST}${ESC}Ptmux;${ESC}${sequence}\u0007${ST}`;
    case 'screen': {
      const whole = `${sequence}\u0007`;
      const chunks = whole.match(new RegExp(`[^]{1,${SCREEN_CHUNK}}`, 'g')) ?? [];
      return chunks.map((chunk) => `${ESC}P${chunk}${ST}`).join('');
    }
  }
}
