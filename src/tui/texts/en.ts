/**
 * The texts of the chat client in English: of the screen and of line mode. The catalogue of each other language has this shape.
 * Parameters are safe already (R18).
 */
import { delayReason } from '../../client/delay-reason.js';
import { historyText, missedText, NEW_EPOCH_TEXT } from '../../client/events.js';
import { briefOfflineReason, certificateAdvice, offlineReason } from '../../client/offline-reason.js';
import { USER_NAME_RULE } from '../../protocol/fields.js';
import { WIRE } from '../../protocol/limits.js';
import { inline, plural, type SafeText, safe } from '../../text/safe-text.js';
import type { BlockingOutcome, Delay, End, Explanation, Key, Loss } from './parameters.js';

const and = (...parts: readonly SafeText[]): SafeText => parts.filter((part) => part !== '').join(', ') as SafeText;

export const EN = {
  /** The states of a message (R17). */
  states: { queued: safe`queued`, stored: safe`stored`, delivered: safe`delivered`, failed: safe`failed` },

  /** Reasons that others give: the server, the system, the client. */
  reasons: {
    /** A message was refused: as the server or the client says it. */
    refusal: (message: string): SafeText => inline(message),
    /** A message stays queued. */
    delay: (delay: Delay, to: string): SafeText => inline(delayReason(delay, to)),
    offline: (loss: Loss): SafeText => inline(offlineReason(loss)),
    /** The same in few words. */
    offlineBrief: (loss: Loss): SafeText => inline(briefOfflineReason(loss)),
    /** What to do about a server that is refused; undefined for any other loss. */
    advice: (loss: Loss): SafeText | undefined => {
      const advice = certificateAdvice(loss.detail);
      return advice === undefined ? undefined : inline(advice);
    },
    /** The client has ended. @param english the same in English. */
    end: (_end: End, english: Explanation): Explanation => english,
  },

  header: {
    muted: safe`muted`,
    /** The last sign of life of the peer. */
    heard: (when: SafeText): SafeText => safe`last heard ${when}`,
    unread: (count: number): SafeText => safe`${count} unread`,
    goToEnd: safe`Esc: go to end`,
    markRead: safe`Esc: mark read`,
  },

  sidebar: {
    title: safe`Conversations`,
    moreUnread: (count: number): SafeText => safe`${count} more unread`,
  },

  welcome: {
    none: safe`No conversations yet.`,
    allClosed: safe`All conversations are closed.`,
    open: safe`/to NAME opens a conversation.`,
    rule: safe`A name: 1 to ${WIRE.maxUserLength} of a-z 0-9 . _ -, first a letter or digit.`,
    keys: (help: SafeText): SafeText => safe`${help} shows the keys, Ctrl+C twice quits.`,
  },

  composer: {
    hint: (peer: SafeText): SafeText => safe`Write to ${peer}; Enter sends`,
    noConversation: safe`/to NAME opens a conversation`,
  },

  messages: {
    new: safe`new`,
    late: safe`arrived late`,
    replay: safe`replay: shown before`,
    /** The beginning of what an answer is about. */
    quote: (from: SafeText, beginning: SafeText): SafeText => safe`re ${from}: ${beginning}`,
    quoteMissing: (id: SafeText): SafeText => safe`re ${id}: not among the messages here`,
    failed: (why: SafeText): SafeText => safe`failed: ${why}`,
    failedForNow: (why: SafeText): SafeText => safe`failed: ${why}. /resend tries again`,
    refused: safe`refused`,
    queued: (why: SafeText): SafeText => safe`queued: ${why}`,
  },

  /** On the page of plain text. */
  plain: {
    hint: safe`Select and copy. Esc closes`,
    /** @param keys for scrolling. */
    scrollHint: (keys: readonly SafeText[]): SafeText => safe`Select and copy. ${and(...keys)} scroll, Esc closes`,
  },

  search: {
    label: safe`Search`,
    to: (peer: SafeText): SafeText => safe`to ${peer}`,
    /** The longest first, here and below. */
    hints: [safe`Search all conversations. Esc closes`, safe`In all conversations`] as readonly SafeText[],
    searching: (count: number): SafeText => safe`${count} found, still searching`,
    nothing: safe`nothing found`,
    found: (count: number): readonly SafeText[] => [
      safe`${count} found. Up and Down select, Enter shows the message in its conversation`,
      safe`${count} found. Up and Down select, Enter shows it`,
      safe`${count} found. Enter shows it`,
      safe`${count} found`,
    ],
  },

  help: {
    conversations: safe`Conversations`,
    writing: safe`Writing`,
    screen: safe`Screen`,
    commands: safe`Commands`,
    marks: safe`Marks`,
    queued: safe`waits for the server`,
    stored: safe`on disk at the server`,
    delivered: safe`received by the peer`,
    failed: safe`refused, see the reason`,
    close: safe`Esc: close`,
    more: (key: SafeText): SafeText => safe`${key}: more`,
  },

  /** What the actions of keys do. */
  actions: {
    send: safe`send`,
    newline: safe`new line`,
    'next-unread': safe`mark read, next unread`,
    next: safe`next conversation (Tab)`,
    previous: safe`previous conversation`,
    complete: safe`complete a command, or next conversation`,
    'page-up': safe`scroll up`,
    'page-down': safe`scroll down`,
    'wheel-up': safe`scroll up a little`,
    'wheel-down': safe`scroll down a little`,
    search: safe`search all messages`,
    back: safe`mark read, go to end`,
    'to-start': safe`go to the beginning`,
    'to-end': safe`go to the end`,
    'row-up': safe`up, older sent text`,
    'row-down': safe`down, newer sent text`,
    left: safe`left`,
    right: safe`right`,
    'word-left': safe`word left`,
    'word-right': safe`word right`,
    'line-start': safe`start of line`,
    'line-end': safe`end of line`,
    'delete-left': safe`delete to the left`,
    'delete-right': safe`delete to the right`,
    'kill-word-left': safe`cut word to the left`,
    'kill-word-right': safe`cut word to the right`,
    'kill-to-start': safe`cut to start of line`,
    'kill-to-end': safe`cut to end of line`,
    yank: safe`paste what was cut`,
    edit: safe`write in your editor`,
    undo: safe`undo`,
    redo: safe`redo`,
    help: safe`show this help (also ?)`,
    copy: safe`text only, to copy`,
    connect: safe`offline: connect now`,
    redraw: safe`redraw the screen`,
    suspend: safe`suspend (fg resumes)`,
    quit: safe`quit (press twice)`,
  },

  /** What the slash commands do. */
  commands: {
    to: safe`open a conversation`,
    reply: safe`answer, with a quote`,
    who: safe`show account and status`,
    resend: safe`resend what failed here`,
    unsend: safe`take back, if unseen`,
    search: safe`search all messages`,
    copy: safe`copy the (Nth) last one`,
    close: safe`out of the list for now`,
    mute: safe`announce nothing, or do`,
    block: safe`refuse messages, list`,
    unblock: safe`take them again`,
    export: safe`save as JSON Lines`,
    set: safe`show, change settings`,
    plain: safe`switch to line mode`,
    help: safe`show this help`,
    quit: safe`quit`,
  },

  /** Names of the arguments of slash commands; in brackets: they may be left out. */
  arguments: {
    NAME: safe`NAME`,
    '[NAME]': safe`[NAME]`,
    TEXT: safe`TEXT`,
    WORDS: safe`WORDS`,
    '[N]': safe`[N]`,
    FILE: safe`FILE`,
    '[WHAT]': safe`[WHAT]`,
  },

  /** `/set`, and what it shows. */
  settings: {
    title: safe`Settings`,
    hints: [
      safe`/set NAME VALUE changes one`,
      safe`/set NAME default takes it away`,
      safe`/set keys lists the keys`,
    ] as readonly SafeText[],
    /** In `keys.ACTION`. */
    action: safe`ACTION`,
    keys: safe`keys of the chat`,
    /** Where a value comes from: `default`, `config`, or the name of a variable. */
    source: (source: string): SafeText => inline(source),
    /** @param name of the setting. @param english what it means, in English. */
    meaning: (_name: string, english: string): SafeText => inline(english),
    none: safe`there are no settings here`,
    /** @param value empty: none. */
    is: (name: SafeText, value: SafeText): SafeText => safe`${name} is ${value === '' ? safe`not set` : value}`,
    isFrom: (name: SafeText, value: SafeText, source: string, choices: readonly SafeText[]): SafeText =>
      safe`${name} is ${value === '' ? safe`not set` : value} (${inline(source)})${choices.length === 0 ? safe`` : safe`: ${and(...choices)}`}`,
    isLater: (name: SafeText, value: SafeText): SafeText =>
      safe`${name} is ${value === '' ? safe`not set` : value} from the next im connect on`,
    /** @param variable comes before the setting. */
    kept: (name: SafeText, variable: SafeText): SafeText =>
      safe`${name} is kept, but ${variable} overrules it at the next start`,
    keptLater: (name: SafeText, variable: SafeText): SafeText =>
      safe`${name} is kept from the next im connect on, but ${variable} overrules it at the next start`,
    notKept: (why: SafeText): SafeText => safe`not kept: ${why}`,
  },

  status: {
    account: (me: SafeText, server: SafeText): SafeText => safe`${me} at ${server}`,
    help: (key: SafeText): SafeText => safe`${key} help`,
    unread: (count: number): SafeText => safe`${count} unread`,
    unreadKey: (count: number, key: SafeText): SafeText => safe`${count} unread: ${key}`,
    queued: (count: number): SafeText => safe`${count} queued`,
    queuedFor: (duration: SafeText): SafeText => safe` for ${duration}`,
    because: (why: SafeText): SafeText => safe`: ${why}`,
    /** @param more how many other peers there are. */
    failedTo: (peer: SafeText, more: number): SafeText => safe`failed to ${firstAndMore(peer, more)}`,
    takingOver: safe`taking over`,
    takingOverFrom: (holder: SafeText): SafeText => safe`taking over from another im, ${holder}`,
    connecting: safe`connecting`,
    online: safe`online`,
    ended: safe`disconnected`,
    offline: (why: SafeText): SafeText => safe`offline: ${why}`,
    offlineUntil: (why: SafeText, duration: SafeText): SafeText => safe`offline: ${why}, next try in ${duration}`,
    offlineFor: (duration: SafeText): SafeText => safe`offline, ${duration}`,
  },

  who: {
    you: (me: SafeText, server: SafeText, connection: SafeText): SafeText =>
      safe`You are ${me} on ${server}: ${connection}.`,
    counts: (queued: number, unread: number): SafeText => safe`${plural(queued, 'message')} queued, ${unread} unread.`,
    unread: (peer: SafeText, count: number): SafeText => safe`${peer}: ${count} unread`,
  },

  /** The chat has ended by itself. */
  ending: {
    sentence: (text: SafeText): SafeText => safe`${text}.`,
    because: (what: SafeText, why: SafeText): SafeText => safe`${what}: ${why}.`,
    /** At least one of them: queued messages, or a draft. */
    kept: (queued: number, hasDraft: boolean): SafeText =>
      safe`Kept for the next im connect: ${and(
        queued > 0 ? safe`${plural(queued, 'message')} queued` : safe``,
        hasDraft ? safe`your draft` : safe``,
      )}.`,
    close: safe`Enter or Esc closes the screen`,
  },

  /** Results of keys and commands, in the status line. */
  results: {
    nothingUnread: safe`nothing else is unread`,
    onlineAlready: safe`online already`,
    quitAgain: (queued: number): SafeText =>
      queued === 0 ? safe`Ctrl+C again quits` : safe`Ctrl+C again quits (${plural(queued, 'message')} queued)`,
    resent: (count: number): SafeText => safe`${plural(count, 'message')} sent again`,
    nothingFailed: safe`nothing has failed`,
    /** @param count how many were sent again here. @param more as in `status.failedTo`. */
    failedElsewhere: (count: number, peer: SafeText, more: number): SafeText =>
      safe`${count === 0 ? safe`nothing failed here` : safe`${plural(count, 'message')} sent again`}, but messages to ${firstAndMore(peer, more)} failed: /to ${peer}`,
    copied: (from: SafeText, line: SafeText): SafeText => safe`sent to the clipboard: ${from}: ${line}`,
    closed: (peer: SafeText): SafeText => safe`closed: ${peer} is back with the next message, or /to`,
    muted: (peer: SafeText): SafeText => safe`${peer} is muted; /mute again ends it`,
    unmuted: (peer: SafeText): SafeText => safe`${peer} is not muted any more`,
    exported: (count: number, path: SafeText): SafeText => safe`exported ${plural(count, 'message')} to ${path}`,
    history: (count: number): SafeText => safe`up to ${count} messages of other devices; the server has no older ones`,
    unsending: safe`taken back when the server has answered`,
    /** A message was to be taken back. */
    unsend: {
      unsent: (_to: SafeText): SafeText => safe`unsent`,
      pushed: (to: SafeText): SafeText => safe`too late, ${to} may have seen it`,
      delivered: (_to: SafeText): SafeText => safe`too late, it is delivered`,
      purged: (_to: SafeText): SafeText => safe`an operator has deleted it`,
      unknown: (_to: SafeText): SafeText => safe`the server does not know it`,
      full: (_to: SafeText): SafeText => safe`not unsent, too much is deleted in that mailbox`,
    },
    blocking: ({ action, name, blocked }: BlockingOutcome): SafeText => {
      if (action === 'block') return safe`you take no more messages from ${name}`;
      if (action === 'unblock') return safe`${name} is no longer blocked`;
      return blocked.length === 0 ? safe`nobody is blocked` : safe`blocked: ${and(...blocked)}`;
    },
  },

  /** Why something was not done, in the status line. */
  problems: {
    nothingToCopy: safe`there are no messages to copy`,
    noSuchMessage: safe`there is no such message here`,
    noClipboard: (key: Key): SafeText =>
      key === undefined
        ? safe`this terminal has no clipboard`
        : safe`this terminal has no clipboard; ${key} shows the text alone`,
    notCopied: (bytes: number, limit: number): SafeText => safe`not copied: ${bytes} bytes, the limit is ${limit}`,
    notPasted: safe`not pasted: too long`,
    nothingToAnswer: safe`there is no message to answer`,
    notAtEnd: safe`go to the end first: Esc`,
    noConversation: safe`no conversation is open`,
    noConversationYet: safe`no conversation is open: /to NAME opens one`,
    tooLong: (bytes: number, limit: number): SafeText => safe`too long: ${bytes} bytes, the limit is ${limit}`,
    locked: (holder: SafeText): SafeText => safe`not sent yet: waiting for another im (${holder})`,
    notDone: (why: SafeText): SafeText => safe`not done: ${why}`,
    notUnsent: (why: SafeText): SafeText => safe`not unsent, ${why}`,
    unsentAlready: safe`unsent already`,
    failedAlready: safe`it has failed, so nobody gets it`,
    /** @param line the beginning of the message. */
    about: (what: SafeText, line: SafeText): SafeText => safe`${what}: ${line}`,
    /** In the notice about a command that stays in the composer: what is typed next would be appended to it. */
    clearing: (key: Key): SafeText => (key === undefined ? safe`` : safe` (${key} clears)`),
    unknownCommand: (command: SafeText, clearing: SafeText): SafeText =>
      safe`unknown command /${command}${clearing}: // begins a message; see /help`,
    argumentMissing: (command: SafeText, argument: SafeText): SafeText => safe`/${command} needs ${argument}`,
    noArgument: (command: SafeText, clearing: SafeText): SafeText => safe`/${command} takes no argument${clearing}`,
    invalidName: (name: SafeText, clearing: SafeText): SafeText =>
      safe`not a valid name${clearing}: ${name} (${inline(USER_NAME_RULE)})`,
    notNumber: (text: SafeText, clearing: SafeText): SafeText =>
      safe`not a number${clearing}: ${text} (1 is the last message)`,
    notExported: (path: SafeText, why: SafeText, clearing: SafeText): SafeText =>
      safe`not exported, ${why}${clearing}: ${path}`,
    /** Why a file cannot be written. */
    write: {
      EEXIST: safe`it exists already`,
      ENOENT: safe`its folder does not exist`,
      ENOTDIR: safe`its folder does not exist`,
      EISDIR: safe`it is a folder`,
      EACCES: safe`permission denied`,
      EROFS: safe`the file system is read-only`,
      ENOSPC: safe`the disk is full`,
    },
  },

  /** Something happened that the user may not be looking at. */
  warnings: {
    newEpoch: safe`your mailbox starts anew, messages may be missing (Esc)`,
    missed: (count: number): SafeText => safe`away too long: up to ${count} messages are only on other devices (Esc)`,
  },

  editor: {
    noneBecause: (why: SafeText): SafeText => safe`no editor: ${why}`,
    missing: (command: SafeText): SafeText => safe`no editor ${command}: set VISUAL or EDITOR`,
    ended: (code: number): SafeText => safe`the draft is unchanged: the editor ended with ${code}`,
    killed: (signal: SafeText): SafeText => safe`the draft is unchanged: the editor was ended by ${signal}`,
    notText: (path: SafeText): SafeText => safe`the draft is unchanged: no UTF-8; the text is in ${path}`,
    tooLong: (path: SafeText): SafeText => safe`the draft is unchanged: too long; the text is in ${path}`,
  },

  line: {
    help: [
      safe`bob: hello    send hello to bob`,
      safe`/to bob       send each line that follows to bob; /to alone ends that`,
      safe`/block bob    take no more messages from bob; /block alone lists who is blocked`,
      safe`/unblock bob  take them again`,
      safe`/help         show this help`,
      safe`/quit         leave; queued messages are sent the next time`,
      safe`//text        send /text`,
    ] as readonly SafeText[],
    begins: safe`line mode; /help says how to write to somebody`,
    online: (user: SafeText, waiting: number): SafeText =>
      waiting === 0 ? safe`online as ${user}` : safe`online as ${user}, ${waiting} waiting`,
    /** @param duration until the next attempt; undefined: it begins now. */
    offline: (why: SafeText, advice: SafeText | undefined, duration: SafeText | undefined): SafeText =>
      safe`offline: ${why}; ${advice === undefined ? safe`` : safe`${advice}; `}next attempt ${duration === undefined ? safe`now` : safe`in ${duration}`}`,
    locked: (user: SafeText): SafeText => safe`waiting: another im is connected as ${user}`,
    newEpoch: inline(NEW_EPOCH_TEXT),
    missed: (count: number): SafeText => inline(missedText(count)),
    history: (count: number): SafeText => inline(historyText(count)),
    /** @param number stands for an own message: people do not see ids. */
    state: (state: 'queued' | 'stored' | 'delivered' | 'failed', number: number, to: SafeText, why: Key): SafeText =>
      safe`${inline(state)} ${number} ${state === 'stored' || state === 'queued' ? safe`for` : safe`to`} ${to}${why === undefined ? safe`` : safe`: ${why}`}`,
    /** A message of another user. */
    from: (from: SafeText): SafeText => safe`${from}: `,
    replayFrom: (from: SafeText): SafeText => safe`${from} (replay): `,
    fromAt: (from: SafeText, minute: SafeText): SafeText => safe`${from} (${minute}): `,
    /** A copy of an own message. */
    toPeer: (to: SafeText): SafeText => safe`you to ${to}: `,
    toPeerAt: (to: SafeText, minute: SafeText): SafeText => safe`you to ${to} (${minute}): `,
    target: (to: SafeText): SafeText => safe`to ${to}`,
    noTarget: safe`each line names its target`,
    toWhom: safe`to whom? write bob: hello, or /to bob first`,
    unknownCommand: (command: SafeText): SafeText => safe`unknown command ${command}; see /help`,
    oneName: (command: SafeText): SafeText => safe`${command} takes the name of one user`,
    tooLong: safe`the line is too long`,
    notUtf8: safe`the line is not UTF-8`,
    noReader: safe`nobody reads the output any more: messages wait, and the input is still sent`,
    draining: (queued: number, why: Key): SafeText =>
      safe`waiting until the server has ${plural(queued, 'message')}${why === undefined ? safe`` : safe` (${why})`}; Ctrl+C leaves now`,
    /** At the end: own messages that the server has not stored yet, and how to send them. */
    queued: (count: number, user: SafeText): SafeText =>
      count === 1
        ? safe`1 message is queued; im connect ${user} sends it`
        : safe`${count} messages are queued; im connect ${user} sends them`,
  },
};

/** A list of names in short: `bob`, `bob and 2 more`. */
function firstAndMore(first: SafeText, more: number): SafeText {
  return more === 0 ? first : safe`${first} and ${more} more`;
}

/** The shape of all catalogues: the compiler says what is missing in one. */
export type Texts = typeof EN;
