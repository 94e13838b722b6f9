/** The part of XMPP that a load generator needs: stanzas as text, and a reader that finds them. */

const SM = 'urn:xmpp:sm:3';

export const streamHeader = (host: string): string =>
  `<?xml version='1.0'?><stream:stream to='${host}' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`;

export const auth = (user: string, password: string): string =>
  `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${Buffer.from(`\0${user}\0${password}`).toString('base64')}</auth>`;

export const BIND = `<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource></bind></iq>`;

/** Stream management (XEP-0198): both ends may ask how many stanzas the other has handled. */
export const ENABLE = `<enable xmlns='${SM}'/>`;
export const REQUEST = `<r xmlns='${SM}'/>`;
export const answer = (handled: number): string => `<a xmlns='${SM}' h='${handled}'/>`;

export const message = (to: string, id: number, body: string): string =>
  `<message type='chat' to='${to}' id='${id}'><body>${body}</body></message>`;

/** The value of an attribute of the first tag. */
export const attribute = (stanza: string, name: string): string | undefined =>
  new RegExp(` ${name}=["']([^"']*)["']`).exec(stanza.slice(0, stanza.indexOf('>')))?.[1];

/** These have no end tag while the stream lives. */
const OPEN = ['?xml', 'stream:stream'];

/** Returns a function that takes the chunks of a stream. Stanzas do not contain one of their own name here. */
export function stanzaReader(onStanza: (name: string, text: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const text = rest + chunk;
    let at = 0;
    for (;;) {
      const start = text.indexOf('<', at);
      const tagEnd = text.indexOf('>', start);
      if (start === -1 || tagEnd === -1) break;
      const name = /^\/?[^\s/>]+/.exec(text.slice(start + 1, tagEnd + 1))?.[0] ?? '';
      let end = tagEnd + 1;
      if (text[tagEnd - 1] !== '/' && !OPEN.includes(name) && !name.startsWith('/')) {
        const close = `</${name}>`;
        const found = text.indexOf(close, tagEnd);
        if (found === -1) break;
        end = found + close.length;
      }
      onStanza(name, text.slice(start, end));
      at = end;
    }
    rest = text.slice(at);
  };
}
