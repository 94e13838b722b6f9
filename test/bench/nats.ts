/** The part of the NATS protocol that a load generator needs: commands as text, and their reader. */

/** `pedantic` and `verbose` would answer each command. */
export const CONNECT =
  'CONNECT {"verbose":false,"pedantic":false,"headers":false,"lang":"node","version":"1"}\r\nPING\r\n';

export const subscribe = (subject: string, sid: number): string => `SUB ${subject} ${sid}\r\n`;

/** @param body Latin-1. */
export const publish = (subject: string, reply: string, body: string): string =>
  `PUB ${subject} ${reply} ${body.length}\r\n${body}\r\n`;

/** Acks a message of JetStream: an empty message to its reply subject. */
export const ack = (reply: string): string => `PUB ${reply} 0\r\n\r\n`;

/** Called for each message, with its reply subject (empty: none) and its body; and for each other line, such as PING or -ERR. */
export interface NatsEvents {
  message(sid: number, reply: string, body: string): void;
  line(text: string): void;
}

/** Returns a function that takes the chunks of a connection, as Latin-1. */
export function natsReader({ message, line }: NatsEvents): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const text = rest + chunk;
    let at = 0;
    for (;;) {
      const end = text.indexOf('\r\n', at);
      if (end === -1) break;
      if (!text.startsWith('MSG ', at)) {
        line(text.slice(at, end));
        at = end + 2;
        continue;
      }
      // MSG subject sid [reply] length
      const words = text.slice(at + 4, end).split(' ');
      const length = Number(words.at(-1));
      const bodyEnd = end + 2 + length;
      if (text.length < bodyEnd + 2) break;
      message(Number(words[1]), words.length === 4 ? (words[2] ?? '') : '', text.slice(end + 2, bodyEnd));
      at = bodyEnd + 2;
    }
    rest = text.slice(at);
  };
}
