/** The bounds of the chat client's screen. */
export const TUI = {
  /** Between two drawings of what comes in by itself. A key is drawn at once. */
  frameMs: 33,
  /** How often times on the screen go on. */
  tickMs: 1_000,
  /** UTF-16 units in the composer; a longer paste does not get in. What can be sent is bounded by WIRE.maxBodyBytes. */
  maxComposerLength: 256 * 1024,
  /** Steps that can be undone. */
  maxUndo: 100,
  /** Rows of the composer; a longer text scrolls in them. */
  maxComposerRows: 5,
  /** Segments of the history that are loaded at a time, of one conversation; what is further away is on disk. */
  maxLoadedSegments: 4,
  /** Messages whose rows are kept. */
  maxKeptRows: 512,
  /** Conversations that are loaded at a time: those that were open last. */
  maxLoadedConversations: 16,
  /** What a command may become, of which so many are shown. */
  maxCompletions: 8,
  /** Refused messages that are remembered, in each conversation. */
  maxFailed: 1_000,
  /** Messages that one search shows. */
  maxFound: 500,
  /** Messages among which what one wrote before is looked for. */
  maxRecalledFrom: 1_000,
  /** A message that was sent so long before the one above it came late. */
  lateMs: 60_000,
  /** Without a key for so long, nobody is there to read what comes. */
  presentMs: 60_000,
  /** UTF-16 units of a sequence from the terminal that has no end yet; a longer one is dropped. */
  maxReportLength: 4 * 1024,
} as const;
