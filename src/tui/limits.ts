/** Limits of the chat client's screen. */
export const TUI = {
  /** At least this long between two frames for events that are not keys. A key is drawn at once. */
  frameMs: 33,
  /** How often durations on the screen are updated. */
  tickMs: 1_000,
  /** How long the screen stays open at least for the answer of a terminal that was asked something. */
  answerTimeoutMs: 500,
  /** How long the result of a key or a command is shown in the status line. */
  noticeMs: 6_000,
  /** After the end of the chat, Enter and Esc close the screen only after so long without other keys. */
  endingPauseMs: 1_000,
  /** UTF-16 units in the composer; a longer paste is dropped. WIRE.maxBodyBytes limits what can be sent. */
  maxComposerLength: 256 * 1024,
  /** Undo steps that are kept. */
  maxUndo: 100,
  /** Rows of the composer; longer text scrolls. */
  maxComposerRows: 5,
  /** History segments of one conversation in memory; the others are on disk. */
  maxLoadedSegments: 4,
  /** Messages in each of the two generations of the row cache. */
  maxCachedMessages: 512,
  /** Conversations in memory: those opened last. */
  maxLoadedConversations: 16,
  /** Completions shown for a slash command. */
  maxCompletions: 16,
  /** Failed messages that are counted, per conversation. */
  maxFailed: 1_000,
  /** Hits shown by one search. */
  maxSearchHits: 500,
  /** Messages that Up searches for earlier input. */
  maxRecallMessages: 1_000,
  /** When the chat ends, a running editor has so long to end. */
  editorStopMs: 2_000,
  /** Characters of a URL that is clickable; terminals refuse longer ones. */
  maxLinkLength: 2_083,
  /** UTF-8 bytes of text for the clipboard: terminals drop more than 100,000 bytes of base64. */
  maxClipboardBytes: 74_994,
  /** After this long without a key the user counts as away. */
  awayAfterMs: 60_000,
  /**
   * Without more input for so long ESC is the Esc key, and an unfinished escape sequence is dropped. Between the bytes of one
   * sequence there is less, between two keys of a person more.
   */
  sequenceTimeoutMs: 40,
  /**
   * A paste of which nothing has come for so long is shown as far as it came: its end may be lost. A lost packet of a slow
   * connection is sent again sooner.
   */
  pasteTimeoutMs: 1_000,
  /** UTF-16 units of an unfinished escape sequence from the terminal; a longer one is dropped. */
  maxSequenceLength: 4 * 1024,
  /** UTF-16 units of a setting that names the keys of an action. */
  maxKeysLength: 200,
} as const;
