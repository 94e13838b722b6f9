/*
 * Several `im serve` on one PostgreSQL with synchronous replication, as a model for the checker Spin: `npm run test:model`.
 * docs/proof.md has the figures, docs/decisions/2026-11-30-the-cluster-is-modelled.md what was learnt.
 *
 * What runs: a sender S with the messages 1 to M, which may log in again through any server; another sender with one message, OTHER;
 * two servers, each with a lane for appends and a connection for its sessions; the database; a receiver R, which may log in again, or
 * be replaced by another machine with the same device name. Any step may be as late as it likes, so a server that freezes and wakes up
 * later is an ordinary run. No notice between servers is relied on: a session reads whenever it likes.
 *
 * Rules. -DRULE=0 turns one off:
 *   FIRST_WRITE        a new connection begins with a write that waits for the standby
 *   DECIDE_WRITES      an append commits a write even if it finds only duplicates
 *   READ_WAITS         a read commits a write, and what it read is pushed when that is known
 *   READ_BOUND         (off by default) instead: only seqs are pushed that a known commit covers
 *   SENDER_FENCE       an append is refused if its sender has logged in again since
 *   FENCE_AFTER_LOCKS  that is checked with the row locks held
 *   SETTLE_FENCE       an ack of a session that was replaced settles nothing
 *   FENCES_IN_ROWS     fences are rows of the database, not memory of a server
 *   UNKNOWN_REPEATS    a cancelled wait is unknown, although the database reports success
 *   LANE_REPEATS       an unknown batch is repeated until it is known; the next one waits for that
 *   HOLD_LASTS         a refused message holds the later ones of its session until it comes again, however late
 *
 * Sizes: M messages of S, OTHERS (0 or 1) of the other sender, FAULTS in all, REFUSALS, SENDER_LOGINS, RECEIVER_LOGINS. A restart and a
 * failover are always among the faults; with CUTS=1 also a wait that is terminated or cancelled, and a connection that is lost.
 * ONLY=n looks for the property n only. GOAL=1 looks for a complete run.
 *
 * Not modelled: an old primary that lives on, several mailboxes, purges, a standby that lacks part of a commit's log, the deaths of
 * clients (test/scenes has those), a claim past its deadline.
 */

#ifndef FIRST_WRITE
#define FIRST_WRITE 1
#endif
#ifndef DECIDE_WRITES
#define DECIDE_WRITES 1
#endif
#ifndef READ_WAITS
#define READ_WAITS 1
#endif
#ifndef READ_BOUND
#define READ_BOUND 0
#endif
#ifndef SENDER_FENCE
#define SENDER_FENCE 1
#endif
#ifndef FENCE_AFTER_LOCKS
#define FENCE_AFTER_LOCKS 1
#endif
#ifndef SETTLE_FENCE
#define SETTLE_FENCE 1
#endif
#ifndef FENCES_IN_ROWS
#define FENCES_IN_ROWS 1
#endif
#ifndef UNKNOWN_REPEATS
#define UNKNOWN_REPEATS 1
#endif
#ifndef LANE_REPEATS
#define LANE_REPEATS 1
#endif
#ifndef HOLD_LASTS
#define HOLD_LASTS 1
#endif

#define NONE 0
#define OTHER (M + 1)     /* the message of the other sender */
#define ROOM (M + 3)      /* seqs count from 1; there is room for one message too many, which was stored twice */
#define WINDOW 2          /* unanswered messages of a sender */
#define KNOWN 2           /* delivered ids that are known for each sender: never fewer than the window */

/* What must hold. The names tell what went wrong if it does not. */
#define LOST(holds) assert(is_ignored(1) || (holds))       /* R14: acknowledged, and gone; or R12: delivered, and not shown */
#define TWICE(holds) assert(is_ignored(2) || (holds))      /* R15: shown twice */
#define DISORDER(holds) assert(is_ignored(3) || (holds))   /* R16: shown after a later one of its sender */
#define ANOTHER(holds) assert(is_ignored(4) || (holds))    /* a seq that was shown is another message now */
#define UNFINISHED(holds) assert(is_ignored(5) || (holds)) /* nothing can happen any more, and not all is stored and shown */
#define REACHED(holds) assert(is_ignored(6) || (holds))    /* GOAL=1: a run has had all faults and logins, and stored and shown all */
#define is_ignored(property) (ONLY != 0 && ONLY != property)

/* ------------------------------------------------------------------ the rows of one mailbox */

typedef Rows {
  short messages;         /* message: seq -> id, in three bits each */
  byte last;              /* mailbox.last */
  byte cursor;            /* device.cursor */
  byte receiver;          /* device.fence */
  byte sender;            /* outbox.fence, or that of the sender's device */
}
#define message(rows, seq) ((rows.messages >> (3 * ((seq) - 1))) & 7)
#define insert(rows, what) rows.messages = rows.messages | (what << (3 * rows.last)); rows.last++

Rows visible;             /* what a snapshot sees */
Rows written;             /* and the one commit that waits for the standby, if there is one: it keeps the row lock meanwhile */
Rows safe;                /* what the standby has, and a failover leaves */
bool behind;              /* the standby lacks something, and that may matter */

/*
 * The servers' connections to the database. OPENING: its first write waits. WAITING: its commit does. WARNED: success, with the WARNING
 * "canceling wait for synchronous replication". BROKEN: lost before the answer to a commit. Idle ones are opened again at once.
 */
mtype = { READY, OPENING, WAITING, DONE, WARNED, BROKEN };
mtype connection[4];
#define LANE connection[server]
#define SESSIONS connection[server + 2]
#define REOPENED (FIRST_WRITE -> OPENING : READY)

#define NOBODY 9
byte lock;                /* NONE, connection + 1, or NOBODY: a commit whose connection is lost */
byte faults = FAULTS;

/* ------------------------------------------------------------------ the memory of the servers */

/* Sessions of senders: 0 is that of the other sender, those of S count from 1. What has come in one, and no lane took: head to tail - 1. */
byte sender_at[SENDER_LOGINS + 1];
byte head[SENDER_LOGINS + 1];
byte tail[SENDER_LOGINS + 1];
byte held[SENDER_LOGINS + 1];          /* the refused message that the later ones wait for */
byte sender_in_memory[2];              /* FENCES_IN_ROWS=0: the newest claim on this server */
byte refusals = REFUSALS;

/* Sessions of the receiver count from 1. */
mtype = { ASKED, LIVE, ENDED };
byte receiver_at[RECEIVER_LOGINS + 1];
mtype receiver_is[RECEIVER_LOGINS + 1];
byte pushed[RECEIVER_LOGINS + 1];      /* the cursor of the delivery window */
byte acked[RECEIVER_LOGINS + 1];       /* an ack that came and is not settled yet */
byte receiver_in_memory[2];
byte vouched;                          /* READ_BOUND: the highest seq that a known commit covers. The bus may bring it anywhere */

/* ------------------------------------------------------------------ the clients */

byte s_session = 1;                    /* S: its newest session */
bool s_welcome = true;                 /* which is logged in */
byte base = 1;                         /* everything before was answered with `stored` */
byte unanswered;
bool refused;                          /* waits until nothing is unanswered, then sends the refused message again, */
bool alone;                            /* and nothing else until that is stored */

byte r_session = 1;                    /* R: its newest session */
byte received;                         /* the highest seq, durable */
bool seen[M + 2];                      /* ids that this client has shown */
byte newest;                           /* the newest of S among them */
byte old_client;                       /* the session that another machine replaced; its client is still there */
byte takeover_last;                    /* mailbox.last at that takeover */

bool stored[M + 2];                    /* ids that were answered with `stored` */
bool shown[M + 2];                     /* ids that some client has shown */
byte shown_as[ROOM];                   /* seq -> the id that was shown with it */

byte i, c, id, newer;                  /* used within a step only, and 0 between steps */

/* ================================================================== the database */

inline copy(to, from) {
  to.messages = from.messages; to.last = from.last; to.cursor = from.cursor; to.receiver = from.receiver; to.sender = from.sender
}

/* A transaction has written: its commit waits, with the row lock, and nobody sees it. */
inline commit(n) { lock = n + 1; connection[n] = WAITING; behind = (faults > 0) }

#define is_waiting(n) (connection[n] == WAITING || connection[n] == OPENING)
#define is_told(n) (connection[n] == DONE || connection[n] == WARNED)

/* All connections are lost. What waited is unknown to its server; so is what it was told and has not read. */
inline restart() {
  for (c : 0 .. 3) {
    if
    :: connection[c] == READY -> connection[c] = REOPENED
    :: connection[c] == WAITING || is_told(c) -> connection[c] = BROKEN
    :: else
    fi
  }
  c = 0; lock = NONE
}

/* After the last fault nothing looks at `safe` again. */
inline count_fault() {
  faults--;
  if
  :: faults == 0 -> behind = false; safe.messages = 0; safe.last = 0; safe.cursor = 0; safe.receiver = 0; safe.sender = 0
  :: else
  fi
}

proctype Database() {
end:
  do
  /* The standby gets all that is written, in the order of the log: all waits are over, and their commits visible. */
  :: d_step { behind || lock == NOBODY || is_waiting(0) || is_waiting(1) || is_waiting(2) || is_waiting(3) ->
       printf("the standby catches up\n");
       copy(visible, written); if :: faults > 0 -> copy(safe, written) :: else fi;
       behind = false; lock = NONE;
       for (c : 0 .. 3) {
         if
         :: connection[c] == WAITING -> connection[c] = DONE
         :: connection[c] == OPENING -> connection[c] = READY
         :: else
         fi
       }
       c = 0
     }
  /* The primary crashes and starts again, or a standby that has everything is promoted: what waited is visible. */
  :: d_step { faults > 0 && (behind || is_told(0) || is_told(1) || is_told(2) || is_told(3)) ->
       printf("the primary restarts: what waited is visible, and not replicated\n");
       copy(visible, written); restart(); count_fault() }
  /* A standby that has what was replicated and no more is promoted. The old primary is gone. */
  :: d_step { faults > 0 && behind ->
       printf("failover: what the standby lacked is gone\n");
       copy(visible, safe); copy(written, safe); behind = false; restart(); count_fault();
       for (id : 1 .. M + 1) {
         for (i : 1 .. visible.last) { if :: message(visible, i) == id -> c = 1 :: else fi }
         LOST(!stored[id] || c == 1);
         c = 0
       }
       i = 0; id = 0
     }
#if CUTS
  /* A waiting backend is terminated, or its wait cancelled: the commit is visible, and not replicated. */
  :: d_step { faults > 0 && lock != NONE && lock != NOBODY ->
       printf("the waiting backend of %c is terminated: its commit is visible, and not replicated\n", 65 + (lock - 1) % 2);
       connection[lock - 1] = BROKEN; copy(visible, written); lock = NONE; count_fault() }
  :: d_step { faults > 0 && lock != NONE && lock != NOBODY ->
       printf("the wait of %c is cancelled: its commit is visible, not replicated, and reported as done\n", 65 + (lock - 1) % 2);
       connection[lock - 1] = WARNED; copy(visible, written); lock = NONE; count_fault() }
  /* A connection is lost. The backend does not know, and waits on. */
  :: d_step { faults > 0 && lock != NONE && lock != NOBODY ->
       printf("%c loses the connection to its waiting backend\n", 65 + (lock - 1) % 2);
       connection[lock - 1] = BROKEN; lock = NOBODY; count_fault() }
#endif
  :: timeout ->                                                    /* nothing else can happen */
#if GOAL
       REACHED(!(faults == 0 && refusals == 0 && s_session == SENDER_LOGINS && r_session == RECEIVER_LOGINS &&
         base > M && written.cursor == written.last && written.last == M + OTHERS));
#endif
       UNFINISHED(base > M && shown[1] && shown[M] && (!OTHERS || stored[OTHER] && shown[OTHER]));
       goto end_of_run
  od;
end_of_run: false
}

/* ================================================================== a server's lane: one batch in flight */

#define has_come(s) (sender_at[s] == server && head[s] < tail[s])
#define is_stale_sender(s) \
  (SENDER_FENCE && s > 0 && (FENCES_IN_ROWS -> written.sender : sender_in_memory[server]) != s)

/* Whether (sender, id) is known: an undelivered message, or one of the newest delivered ones of its sender. */
inline find(what) {
  is_known = false; i = written.last;
  do
  :: i == 0 -> break
  :: else ->
       if
       :: message(written, i) == what && (i > written.cursor || what == OTHER || newer < KNOWN) -> is_known = true
       :: else
       fi;
       if
       :: i <= written.cursor && message(written, i) != OTHER -> newer++
       :: else
       fi;
       i--
  od;
  newer = 0
}

/* S sends as far as its window goes; after a refusal nothing, and then the refused message alone. */
inline send() {
  if
  :: s_welcome && !refused ->
       do
       :: tail[s_session] <= M && unanswered < (alone -> 1 : WINDOW) -> tail[s_session]++; unanswered++
       :: else -> break
       od
  :: s_welcome && refused && unanswered == 0 ->
       refused = false; alone = true; head[s_session] = base; tail[s_session] = base + 1; unanswered = 1
  :: else
  fi
}

/* R11. The answer is lost if S has left the session. */
inline answer_stored() {
  if
  :: s == 0 -> stored[OTHER] = true; printf("%c answers the other sender: stored %d\n", 65 + server, first)
  :: s > 0 && s == s_session ->
       printf("%c answers S: stored %d to %d\n", 65 + server, first, upto);
       d_step {
         for (i : first .. upto) { stored[i] = true; unanswered-- }
         i = 0;
         do
         :: base <= M && stored[base] -> base++
         :: else -> break
         od;
         alone = false
       };
       send()
  :: else -> printf("%c answers S: stored %d to %d, but S is gone\n", 65 + server, first, upto)
  fi
}

inline answer_refused() {
  printf("%c refuses %d to %d for now\n", 65 + server, first, upto);
  if
  :: s == s_session -> refused = true; unanswered = unanswered - (upto + 1 - first); send()
  :: else
  fi
}

inline vouch(seq) { if :: READ_BOUND && seq > vouched -> vouched = seq :: else fi }

proctype Lane(byte server) {
  byte s, first, upto, last;
  bool is_known, is_new;
end:
  do
  /* Takes what has come in one session, in its order. A batch that was taken earlier is a smaller one here. */
  :: atomic { lock == NONE && LANE == READY && (has_come(0) || has_come(1) || has_come(SENDER_LOGINS)) ->
       if
       :: has_come(0) -> s = 0
       :: has_come(1) -> s = 1
       :: has_come(SENDER_LOGINS) -> s = SENDER_LOGINS
       fi;
       first = head[s]; upto = first;
       do
       :: upto + 1 < tail[s] -> upto++
       :: break
       od;
       head[s] = upto + 1;
       if
       :: !HOLD_LASTS -> held[s] = NONE
       :: true
       fi;
       if
       :: held[s] != NONE && held[s] != first -> answer_refused(); goto done                 /* R16 */
       :: else
       fi;
#if !FENCE_AFTER_LOCKS
       if
       :: is_stale_sender(s) -> head[s] = tail[s]; goto done
       :: else -> goto again
       fi;
#endif
append:
       /* One transaction, with the row lock, so that `written` is `visible`. The fence first: `revoked` ends the session. */
       if
       :: FENCE_AFTER_LOCKS && is_stale_sender(s) ->
            printf("%c is refused %d to %d: S has logged in again\n", 65 + server, first, upto);
            head[s] = tail[s]; goto done
       :: else
       fi;
       d_step { find(first) };
       if
       :: s > 0 && !is_known && refusals > 0 ->                    /* mailbox-full */
            is_known = false; refusals--; held[s] = first; answer_refused(); goto done
       :: true
       fi;
       d_step {
         held[s] = NONE; is_new = false; id = first;
         do
         :: id > upto -> break
         :: else ->
              find(id);
              if
              :: is_known                                          /* R8 */
              :: else -> insert(written, id); is_new = true;
                   printf("%c appends %d as seq %d, and waits\n", 65 + server, id, written.last)
              fi;
              id++
         od;
         id = 0; is_known = false; last = written.last
       };
       if
       :: is_new || DECIDE_WRITES -> is_new = false; commit(server)
       :: else -> printf("%c finds that %d to %d is known\n", 65 + server, first, upto); answer_stored(); goto done
       fi
     };
     if
     :: atomic { LANE == DONE -> LANE = READY; vouch(last); answer_stored(); goto done }     /* R9: known, then answered */
     :: atomic { LANE == WARNED -> LANE = READY;
          if
          :: UNKNOWN_REPEATS
          :: else -> vouch(last); answer_stored(); goto done
          fi }
     :: atomic { LANE == BROKEN -> LANE = REOPENED;
          if
          :: LANE_REPEATS
          :: else -> goto done
          fi }
     fi;
again:
     atomic { lock == NONE && LANE == READY -> goto append };
     atomic { false;
done:  s = 0; first = 0; upto = 0; last = 0 }
  od
}

/* ================================================================== a server's sessions: logins, pushes, acks */

#define is_free (lock == NONE && SESSIONS == READY)
#define is_stale_receiver(rows, r) ((FENCES_IN_ROWS -> rows.receiver : receiver_in_memory[server]) != r)

/* Pushes to a client that has left the connection have no effect, and are left out. */
#define can_read(r) (receiver_is[r] == LIVE && receiver_at[r] == server && (r == r_session || r == old_client) && \
  pushed[r] < visible.last && (!READ_BOUND || pushed[r] < vouched))
#define can_settle(r) (receiver_is[r] == LIVE && receiver_at[r] == server && acked[r] > 0)

/* A client receives a push. What it knows by its seq is dropped and acked again (R12); what is new is shown, then acked. */
inline push() {
  pushed[r] = seq;
  if
  :: r == r_session || r == old_client ->
       printf("%c pushes seq %d, message %d, to session %d of R\n", 65 + server, seq, what, r);
       ANOTHER(shown_as[seq] == NONE || shown_as[seq] == what);
       if
       :: r == old_client -> TWICE(seq <= takeover_last)           /* R6: what came after a takeover is for the newer one only */
       :: r == r_session && seq > received ->
            LOST(seq == received + 1);
            TWICE(!seen[what]);
            DISORDER(what == OTHER || what > newest);
            seen[what] = true; received = seq;
            if :: what != OTHER -> newest = what :: else fi
       :: else
       fi;
       shown_as[seq] = what; shown[what] = true; acked[r] = seq
  :: else
  fi
}

proctype Sessions(byte server) {
  byte r, seq, what;
end:
  do
  /* S logs in. Past its deadline, for which S waits, a claim does nothing: so fences are in the order of logins. */
  :: atomic { is_free && !s_welcome && sender_at[s_session] == server ->
claim_sender:
       written.sender = s_session; sender_in_memory[server] = s_session; commit(server + 2) };
     if
     :: atomic { SESSIONS == DONE -> SESSIONS = READY;
          printf("%c: S is logged in, session %d\n", 65 + server, s_session); s_welcome = true; send(); goto done }
     :: atomic { SESSIONS == WARNED -> SESSIONS = READY }
     :: atomic { SESSIONS == BROKEN -> SESSIONS = REOPENED }
     fi;
     atomic { is_free -> goto claim_sender }

  /* R logs in. */
  :: atomic { is_free && receiver_is[r_session] == ASKED && receiver_at[r_session] == server ->
claim_receiver:
       written.receiver = r_session; receiver_in_memory[server] = r_session;
       pushed[r_session] = written.cursor; seq = written.last; commit(server + 2) };
     if
     :: atomic { SESSIONS == DONE -> SESSIONS = READY;
          printf("%c: R is logged in, session %d, at seq %d of %d\n", 65 + server, r_session, pushed[r_session], seq);
          receiver_is[r_session] = LIVE; vouch(seq);
          if :: old_client != NONE -> takeover_last = seq; received = pushed[r_session] :: else fi;
          goto done }
     :: atomic { SESSIONS == WARNED -> SESSIONS = READY }
     :: atomic { SESSIONS == BROKEN -> SESSIONS = REOPENED }
     fi;
     atomic { is_free -> goto claim_receiver }

  /* Reads what follows, with the fence, in a snapshot; then pushes it. */
  :: atomic { SESSIONS == READY && (can_read(1) || can_read(RECEIVER_LOGINS)) ->
       if
       :: can_read(1) -> r = 1
       :: can_read(RECEIVER_LOGINS) -> r = RECEIVER_LOGINS
       fi;
       if
       :: is_stale_receiver(visible, r) -> receiver_is[r] = ENDED; acked[r] = 0; goto done      /* `replaced` */
       :: else -> seq = pushed[r] + 1; what = message(visible, seq)
       fi;
       if
       :: READ_WAITS -> SESSIONS = WAITING                         /* for what is before its write in the log; without a row lock */
       :: else -> SESSIONS = DONE
       fi
     };
     if
     :: atomic { SESSIONS == DONE -> SESSIONS = READY; push(); goto done }
     :: atomic { SESSIONS == BROKEN -> SESSIONS = REOPENED;
          if :: READ_WAITS :: else -> push() fi;
          goto done }
     fi

  /* Settles an ack, with the fence. Repeated until it is known. */
  :: atomic { is_free && (can_settle(1) || can_settle(RECEIVER_LOGINS)) ->
       if
       :: can_settle(1) -> r = 1
       :: can_settle(RECEIVER_LOGINS) -> r = RECEIVER_LOGINS
       fi;
settle:
       if
       :: SETTLE_FENCE && is_stale_receiver(written, r) -> receiver_is[r] = ENDED; acked[r] = 0; goto done
       :: else
       fi;
       d_step {
         seq = acked[r];
         if :: seq > written.last -> seq = written.last :: else fi;
         if :: seq > written.cursor -> written.cursor = seq :: else fi;
         printf("%c settles up to seq %d\n", 65 + server, written.cursor);
         for (i : 1 .. written.cursor) { id = message(written, i); LOST(shown[id]) }           /* R12: only what was shown is delivered */
         i = 0; id = 0; commit(server + 2)
       }
     };
     if
     :: atomic { SESSIONS == DONE -> SESSIONS = READY; acked[r] = 0; vouch(seq); goto done }
     :: atomic { SESSIONS == WARNED -> SESSIONS = READY }
     :: atomic { SESSIONS == BROKEN -> SESSIONS = REOPENED }
     fi;
     atomic { is_free -> goto settle };
     atomic { false;
done:  r = 0; seq = 0; what = 0 }
  od
}

/* ================================================================== the clients */

proctype S() {
end:
  do
  /* The connection is lost, or S gives up a server that does not answer. What that has got stays there. */
  :: atomic { s_welcome && base <= M && s_session < SENDER_LOGINS ->
       s_session++; s_welcome = false;
       if :: sender_at[s_session] = 0 :: sender_at[s_session] = 1 fi;
       printf("S leaves, and logs in at %c\n", 65 + sender_at[s_session]);
       alone = alone || refused; refused = false; unanswered = 0;
       head[s_session] = base; tail[s_session] = base }
  od
}

proctype R() {
end:
  do
  :: atomic { receiver_is[r_session] == LIVE && r_session < RECEIVER_LOGINS ->
       r_session++; receiver_is[r_session] = ASKED;
       if :: receiver_at[r_session] = 0 :: receiver_at[r_session] = 1 fi;
       if
       :: pushed[r_session - 1] = 0;                               /* the same client, with its state */
          printf("R leaves, and logs in at %c\n", 65 + receiver_at[r_session])
       :: old_client = r_session - 1; takeover_last = ROOM;        /* another machine, with none */
          printf("another machine logs in as R at %c\n", 65 + receiver_at[r_session]);
          d_step { for (i : 1 .. M + 1) { seen[i] = false } i = 0 };
          received = 0; newest = 0
       fi }
  od
}

init {
  atomic {
    d_step { for (i : 0 .. 3) { connection[i] = READY } i = 0 };
    written.sender = 1; visible.sender = 1; safe.sender = 1; sender_in_memory[0] = 1;
    head[1] = 1; tail[1] = 1; send();                              /* S begins at A, the other sender is at B */
#if OTHERS
    head[0] = OTHER; tail[0] = OTHER + 1; sender_at[0] = 1;
#endif
    written.receiver = 1; visible.receiver = 1; safe.receiver = 1;
    if :: receiver_at[1] = 0 :: receiver_at[1] = 1 fi;
    receiver_in_memory[receiver_at[1]] = 1; receiver_is[1] = LIVE;
    printf("S is at A, R at %c\n", 65 + receiver_at[1]);
    run Database(); run Lane(0); run Lane(1); run Sessions(0); run Sessions(1); run S(); run R()
  }
}
