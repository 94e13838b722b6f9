/*
 * Several `im serve` on one PostgreSQL with synchronous replication, as a model for the checker Spin. It is checked by `npm run
 * test:model`; docs/proof.md says with which result.
 *
 * What runs: a sender S with the messages 1 to M, which may log in again through any server; another sender with one message, OTHER;
 * two servers, each with a lane for appends and a connection for its sessions; the database; the receiver R, which may log in again,
 * or be replaced by another machine with the same device name. Each step may be as late as it likes, so a server that freezes and
 * wakes up is an ordinary run. No notice between servers is relied on: a session reads at any time.
 *
 * Rules. -DRULE=0 turns one off:
 *   FIRST_WRITE      a new connection begins with a write that waits for the standby
 *   DECIDE_WRITES    an append commits a write even if it finds only duplicates
 *   READ_WAITS       a read commits a write, and what it read is pushed when that is known
 *   READ_BOUND       (off by default) instead: only seqs are pushed that a known commit vouches for
 *   SENDER_FENCE     an append is refused if its sender has logged in again since
 *   FENCES_IN_ROWS   fences are rows of the database, not memory of a server
 *   UNKNOWN_REPEATS  a cancelled wait is unknown, although the database reports success
 *   LANE_REPEATS     an unknown batch is repeated until it is known; the next one waits for that
 *   HOLD_LASTS       a refused message holds the later ones of its session until it comes again, however late
 *
 * Sizes: M messages of S, FAULTS faults in all, REFUSALS, SENDER_LOGINS, RECEIVER_LOGINS. A restart and a failover are always among the
 * faults; with CUTS=1 also a wait that is terminated or cancelled, and a connection that is lost.
 *
 * What must hold: the assertions, each with its name, and that every run can only end with all messages stored and shown.
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
#ifndef M
#define M 3
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef CUTS
#define CUTS 1
#endif
#ifndef REFUSALS
#define REFUSALS 0
#endif
#ifndef OTHERS
#define OTHERS 1
#endif
#ifndef SENDER_LOGINS
#define SENDER_LOGINS 2
#endif
#ifndef RECEIVER_LOGINS
#define RECEIVER_LOGINS 2
#endif

#define NONE 0
#define OTHER (M + 1)     /* the message of the other sender */
#define ROOM (M + 3)      /* seqs count from 1; a mailbox may get one message too many, stored twice */
#define WINDOW 2          /* unanswered messages of a sender */
#define KNOWN 2           /* delivered ids that are known for each sender: never fewer than the window */

/* The names of what must hold. */
#define LOST(holds) assert(holds)
#define TWICE(holds) assert(holds)
#define DISORDER(holds) assert(holds)
#define FINISHED(holds) assert(holds)      /* a run may end only with all messages stored and shown */
#define ANOTHER(holds) assert(holds)       /* a seq that was shown is another message now */

/* ------------------------------------------------------------------ the rows of one mailbox */

typedef Rows {
  short messages;         /* seq -> id: three bits each */
  byte last;              /* mailbox.last */
  byte cursor;            /* device.cursor */
  byte receiver;          /* device.fence */
  byte sender;            /* outbox.fence, or that of the sender's device */
}

#define message(rows, seq) ((rows.messages >> (3 * ((seq) - 1))) & 7)

Rows visible;             /* what a snapshot sees */
Rows written;             /* and the one commit that waits for the standby, if there is one: it keeps the row lock meanwhile */
Rows safe;                /* what the standby has, and a failover leaves */
bool behind;              /* the standby lacks something */

/*
 * A server's connections to the database. OPENING: its first write waits. WAITING: its commit does. WARNED: success, with the WARNING
 * "canceling wait for synchronous replication". BROKEN: while its commit waited. Others are opened again at once.
 */
mtype = { READY, OPENING, WAITING, DONE, WARNED, BROKEN };
mtype connection[4];
#define lane_of(server) (server)
#define sessions_of(server) (server + 2)
#define REOPENED (FIRST_WRITE -> OPENING : READY)

#define NOBODY 9          /* the lock is that of a commit whose connection is lost */
byte lock;                /* NONE, connection + 1, or NOBODY */
byte faults = FAULTS;

/* ------------------------------------------------------------------ the memory of the servers */

/* Sessions of senders: 0 is that of the other sender, those of S count from 1. What came and no lane has taken: head to tail - 1. */
byte sender_at[SENDER_LOGINS + 1];
byte head[SENDER_LOGINS + 1];
byte tail[SENDER_LOGINS + 1];
byte held[SENDER_LOGINS + 1];          /* the refused message that the later ones wait for */
byte sender_in_memory[2];              /* FENCES_IN_ROWS off: the newest claim on this server */
byte refusals = REFUSALS;

/* Sessions of the receiver count from 1. */
mtype = { ASKED, LIVE, ENDED };
byte receiver_at[RECEIVER_LOGINS + 1];
mtype receiver_is[RECEIVER_LOGINS + 1];
byte pushed[RECEIVER_LOGINS + 1];      /* the cursor of the delivery window */
byte acked[RECEIVER_LOGINS + 1];       /* an ack that came and is not settled yet */
byte receiver_in_memory[2];
byte vouched;                          /* READ_BOUND: the highest seq that a known commit covers; the bus brings it anywhere */

/* ------------------------------------------------------------------ the clients */

byte s_session = 1;                    /* S: its newest session */
bool s_welcome = true;                 /* that is logged in */
byte base = 1;                         /* everything before was answered with `stored` */
byte unanswered;
bool refused;                          /* waits until nothing is unanswered, then sends the refused message again, */
bool alone;                            /* and nothing else until that is stored */

byte r_session = 1;                    /* R: its newest session */
byte received;                         /* the highest seq, durable */
bool seen[M + 2];                      /* ids that this client has shown */
byte newest;                           /* the newest of S among them */
byte old_client;                       /* the session that another machine replaced, and whose client is still there */
byte takeover_last;                    /* mailbox.last at that takeover */

bool stored[M + 2];                    /* ids that were answered with `stored` */
bool shown[M + 2];                     /* ids that some client has shown */
byte shown_as[ROOM];                   /* seq -> the id that was shown with it */

/* ================================================================== the database */

inline copy(to, from) {
  to.messages = from.messages; to.last = from.last; to.cursor = from.cursor; to.receiver = from.receiver; to.sender = from.sender
}

/* A transaction has written: its commit waits, with the row lock, and nobody sees it. */
inline commit(c) { lock = c + 1; connection[c] = WAITING; behind = (faults > 0) }

#define is_waiting(c) (connection[c] == WAITING || connection[c] == OPENING)
#define is_told(c) (connection[c] == DONE || connection[c] == WARNED)     /* and the server may not learn it */

/* All connections are lost. What waited is unknown to its server. */
inline restart(c) {
  for (c : 0 .. 3) {
    if
    :: connection[c] == WAITING || connection[c] == DONE || connection[c] == WARNED -> connection[c] = BROKEN
    :: connection[c] == READY -> connection[c] = REOPENED
    :: else
    fi
  }
  c = 0; lock = NONE
}

/* One fault less. After the last one nothing looks at `safe` again. */
inline count_fault() {
  faults--;
  if
  :: faults == 0 -> behind = false;
       safe.messages = 0; safe.last = 0; safe.cursor = 0; safe.receiver = 0; safe.sender = 0
  :: else
  fi
}

/* Used within a step only. */
hidden byte i, c, id, newer;

proctype Database() {
end:
  do
  /* The standby gets all that is written, in the order of the log: all waits are over, and their commits visible. */
  :: d_step { behind || lock == NOBODY || is_waiting(0) || is_waiting(1) || is_waiting(2) || is_waiting(3) ->
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
       copy(visible, written); restart(c); count_fault() }
  /* A standby that has what was replicated, and no more, is promoted. The old primary is gone. */
  :: d_step { faults > 0 && behind ->
       copy(visible, safe); copy(written, safe); behind = false; restart(c); count_fault();
       for (id : 1 .. M + 1) {
         for (i : 1 .. visible.last) { if :: message(visible, i) == id -> c = 1 :: else fi }
         LOST(!stored[id] || c == 1);                /* R14 */
         c = 0
       }
       i = 0; id = 0
     }
#if CUTS
  /* A waiting backend is terminated, or its wait cancelled: the commit is visible, and not replicated. */
  :: d_step { faults > 0 && lock != NONE && lock != NOBODY ->
       connection[lock - 1] = BROKEN; copy(visible, written); lock = NONE; count_fault() }
  :: d_step { faults > 0 && lock != NONE && lock != NOBODY ->
       connection[lock - 1] = WARNED; copy(visible, written); lock = NONE; count_fault() }
  /* A connection is lost. The backend does not know, and waits on. */
  :: d_step { faults > 0 && lock != NONE && lock != NOBODY ->
       connection[lock - 1] = BROKEN; lock = NOBODY; count_fault() }
#endif
  /* Nothing else can happen any more. */
  :: timeout -> FINISHED(base > M && shown[1] && shown[M] && (!OTHERS || stored[OTHER] && shown[OTHER])); goto end_of_run
  od;
end_of_run: false
}

/* ================================================================== a server's lane: one batch in flight */

#define is_stale_sender(server, s) \
  (SENDER_FENCE && s > 0 && (FENCES_IN_ROWS -> written.sender : sender_in_memory[server]) != s)

/* Whether (sender, id) is known: an undelivered message, or one of the newest delivered ones of its sender. */
inline find(what) {
  is_known = false; newer = 0; i = written.last;
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
inline answer_stored(s, first, upto) {
  if
  :: s == 0 -> stored[OTHER] = true
  :: s > 0 && s == s_session ->
       assert(first == base);
       d_step { for (i : first .. upto) { stored[i] = true; unanswered-- } }
       base = upto + 1; alone = false; send()
  :: else
  fi
}

inline answer_refused(s, first, upto) {
  if
  :: s == s_session -> refused = true; unanswered = unanswered - (upto + 1 - first); send()
  :: else
  fi
}

inline vouch(seq) { if :: READ_BOUND && seq > vouched -> vouched = seq :: else fi }

#define has_come(server, s) (sender_at[s] == server && head[s] < tail[s])

proctype Lane(byte server) {
  byte s, first, upto, last;
  bool is_known, is_new;
end:
  do
  /* Takes what has come in one session, in its order. A batch that was taken earlier is a smaller one here. */
  :: atomic { lock == NONE && connection[lane_of(server)] == READY && (has_come(server, 0) || has_come(server, 1) || has_come(server, SENDER_LOGINS)) ->
       if
       :: has_come(server, 0) -> s = 0
       :: has_come(server, 1) -> s = 1
       :: has_come(server, SENDER_LOGINS) -> s = SENDER_LOGINS
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
       :: held[s] != NONE && held[s] != first -> answer_refused(s, first, upto); goto done         /* R16 */
       :: else
       fi;
append:
       /* With the row lock, so that `written` is `visible`. The fence first: `revoked` ends the session. */
       if
       :: is_stale_sender(server, s) -> head[s] = tail[s]; goto done
       :: else
       fi;
       d_step { find(first) };
       if
       :: s > 0 && !is_known && refusals > 0 ->                    /* mailbox-full */
            is_known = false; refusals--; held[s] = first; answer_refused(s, first, upto); goto done
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
              :: else -> written.last++; written.messages = written.messages | (id << (3 * (written.last - 1))); is_new = true
              fi;
              id++
         od;
         id = 0; is_known = false; last = written.last
       };
       if
       :: is_new || DECIDE_WRITES -> is_new = false; commit(lane_of(server))
       :: else -> answer_stored(s, first, upto); goto done
       fi
     };
     if
     :: atomic { connection[lane_of(server)] == DONE -> connection[lane_of(server)] = READY;
          vouch(last); answer_stored(s, first, upto); goto done }          /* R9 */
     :: atomic { connection[lane_of(server)] == WARNED -> connection[lane_of(server)] = READY;
          if
          :: UNKNOWN_REPEATS -> goto again
          :: else -> vouch(last); answer_stored(s, first, upto); goto done
          fi }
     :: atomic { connection[lane_of(server)] == BROKEN -> connection[lane_of(server)] = REOPENED;
          if
          :: LANE_REPEATS -> goto again
          :: else -> goto done
          fi }
     fi;
again:
     atomic { lock == NONE && connection[lane_of(server)] == READY -> goto append };
     atomic { false;
done:  s = 0; first = 0; upto = 0; last = 0 }
  od
}

/* ================================================================== a server's sessions: logins, pushes, acks */

#define free(server) (lock == NONE && connection[sessions_of(server)] == READY)

#define is_stale_receiver(rows, server, r) ((FENCES_IN_ROWS -> rows.receiver : receiver_in_memory[server]) != r)

/* Pushes to a client that has left the connection have no effect, and are left out. */
#define can_read(server, r) (receiver_is[r] == LIVE && receiver_at[r] == server && (r == r_session || r == old_client) && \
  pushed[r] < visible.last && (!READ_BOUND || pushed[r] < vouched))
#define can_settle(server, r) (receiver_is[r] == LIVE && receiver_at[r] == server && acked[r] > 0)

/* A client receives a push. What it knows by its seq is dropped and acked again (R12, R15); what is new is shown, then acked. */
inline push(r, seq, what) {
  pushed[r] = seq;
  if
  :: r == r_session || r == old_client ->
       ANOTHER(shown_as[seq] == NONE || shown_as[seq] == what);
       if
       :: r == old_client -> TWICE(seq <= takeover_last)           /* R6: what came after a takeover is for the newer one only */
       :: r == r_session && seq > received ->
            LOST(seq == received + 1);
            TWICE(!seen[what]);                                    /* R15 */
            DISORDER(what == OTHER || what > newest);              /* R16 */
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
  /* S logs in. Past its deadline, which S waits for, a claim does nothing; so fences are in the order of logins. */
  :: atomic { free(server) && !s_welcome && sender_at[s_session] == server ->
claim_sender:
       written.sender = s_session; sender_in_memory[server] = s_session; commit(sessions_of(server)) };
     if
     :: atomic { connection[sessions_of(server)] == DONE -> connection[sessions_of(server)] = READY; s_welcome = true; send(); goto done }
     :: atomic { connection[sessions_of(server)] == WARNED -> connection[sessions_of(server)] = READY }
     :: atomic { connection[sessions_of(server)] == BROKEN -> connection[sessions_of(server)] = REOPENED }
     fi;
     atomic { free(server) -> goto claim_sender }

  /* R logs in. */
  :: atomic { free(server) && receiver_is[r_session] == ASKED && receiver_at[r_session] == server ->
claim_receiver:
       written.receiver = r_session; receiver_in_memory[server] = r_session;
       pushed[r_session] = written.cursor; seq = written.last; commit(sessions_of(server)) };
     if
     :: atomic { connection[sessions_of(server)] == DONE -> connection[sessions_of(server)] = READY;
          receiver_is[r_session] = LIVE; vouch(seq);
          if :: old_client != NONE -> takeover_last = seq; received = pushed[r_session] :: else fi;
          goto done }
     :: atomic { connection[sessions_of(server)] == WARNED -> connection[sessions_of(server)] = READY }
     :: atomic { connection[sessions_of(server)] == BROKEN -> connection[sessions_of(server)] = REOPENED }
     fi;
     atomic { free(server) -> goto claim_receiver }

  /* Reads what follows, with the fence, in a snapshot; then pushes it. */
  :: atomic { connection[sessions_of(server)] == READY && (can_read(server, 1) || can_read(server, RECEIVER_LOGINS)) ->
       if
       :: can_read(server, 1) -> r = 1
       :: can_read(server, RECEIVER_LOGINS) -> r = RECEIVER_LOGINS
       fi;
       if
       :: is_stale_receiver(visible, server, r) -> receiver_is[r] = ENDED; acked[r] = 0; goto done
       :: else -> seq = pushed[r] + 1; what = message(visible, seq)
       fi;
       if
       :: READ_WAITS -> connection[sessions_of(server)] = WAITING
       :: else -> connection[sessions_of(server)] = DONE
       fi
     };
     if
     :: atomic { connection[sessions_of(server)] == DONE -> connection[sessions_of(server)] = READY; push(r, seq, what); goto done }
     :: atomic { connection[sessions_of(server)] == BROKEN -> connection[sessions_of(server)] = REOPENED;
          if :: READ_WAITS :: else -> push(r, seq, what) fi;
          goto done }
     fi

  /* Settles an ack, with the fence. Repeated until it is known. */
  :: atomic { free(server) && (can_settle(server, 1) || can_settle(server, RECEIVER_LOGINS)) ->
       if
       :: can_settle(server, 1) -> r = 1
       :: can_settle(server, RECEIVER_LOGINS) -> r = RECEIVER_LOGINS
       fi;
settle:
       if
       :: is_stale_receiver(written, server, r) -> receiver_is[r] = ENDED; acked[r] = 0; goto done
       :: else
       fi;
       d_step {
         seq = acked[r];
         if :: seq > written.last -> seq = written.last :: else fi;
         if :: seq > written.cursor -> written.cursor = seq :: else fi;
         for (i : 1 .. written.cursor) { id = message(written, i); LOST(shown[id]) }   /* R12: only what was shown counts as delivered */
         i = 0; id = 0; commit(sessions_of(server))
       }
     };
     if
     :: atomic { connection[sessions_of(server)] == DONE -> connection[sessions_of(server)] = READY; acked[r] = 0; vouch(seq); goto done }
     :: atomic { connection[sessions_of(server)] == WARNED -> connection[sessions_of(server)] = READY }
     :: atomic { connection[sessions_of(server)] == BROKEN -> connection[sessions_of(server)] = REOPENED }
     fi;
     atomic { free(server) -> goto settle };
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
       :: pushed[r_session - 1] = 0                                /* the same client, with its state */
       :: old_client = r_session - 1; takeover_last = ROOM;        /* another machine, with none */
          d_step { for (i : 1 .. M + 1) { seen[i] = false } }
          received = 0; newest = 0
       fi }
  od
}

init {
  atomic {
    d_step { for (i : 0 .. 3) { connection[i] = READY } }
    written.sender = 1; visible.sender = 1; safe.sender = 1; sender_in_memory[0] = 1;
    head[1] = 1; tail[1] = 1; send();                              /* S is on server 0, the others on either */
    if :: sender_at[0] = 0 :: sender_at[0] = 1 fi;
    #if OTHERS
    head[0] = OTHER; tail[0] = OTHER + 1; sender_at[0] = 1;
#endif
    written.receiver = 1; visible.receiver = 1; safe.receiver = 1;
    if :: receiver_at[1] = 0 :: receiver_at[1] = 1 fi;
    receiver_in_memory[receiver_at[1]] = 1; receiver_is[1] = LIVE;
    run Database(); run Lane(0); run Lane(1); run Sessions(0); run Sessions(1); run S(); run R()
  }
}
