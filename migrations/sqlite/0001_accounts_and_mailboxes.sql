-- Everything here is public, sealed in a browser, or a hash; see the page /privacy for what each is kept for.
-- Numbers named `account` are `accounts.id`: the 16-byte ids stay in one table, so that the large ones are small.

CREATE TABLE accounts (
    id         INTEGER PRIMARY KEY,
    account_id BLOB    NOT NULL UNIQUE,
    -- In lower case: the form in which names are compared. The statement holds it as its owner typed it.
    username   TEXT    NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL
) STRICT;

-- One way in per secret (1 password, 2 recovery key): its OPAQUE record and the master key sealed under it.
CREATE TABLE access (
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind    INTEGER NOT NULL,
    profile INTEGER NOT NULL,
    record  BLOB    NOT NULL,
    slot    BLOB    NOT NULL,
    PRIMARY KEY (account, kind)
) STRICT, WITHOUT ROWID;

-- Append-only, stored unverified: clients verify.
CREATE TABLE statements (
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    bytes   BLOB    NOT NULL,
    PRIMARY KEY (account, seq)
) STRICT;

-- 1 keystore, 2 state. Replaced by compare-and-swap on the version.
CREATE TABLE objects (
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind    INTEGER NOT NULL,
    version INTEGER NOT NULL,
    bytes   BLOB    NOT NULL,
    PRIMARY KEY (account, kind)
) STRICT;

-- Of a session's token only the SHA-256.
CREATE TABLE sessions (
    token_hash BLOB    PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL,
    used_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_account ON sessions (account);

-- The relay's share of what opens an account again after a reload; gone with its session.
CREATE TABLE shares (
    id         INTEGER PRIMARY KEY,
    token_hash BLOB    NOT NULL REFERENCES sessions (token_hash) ON DELETE CASCADE,
    share      BLOB    NOT NULL,
    UNIQUE (token_hash, share)
) STRICT;

-- A message, once. Header and body are as uploaded; the readers' leaves are in `slips`.
CREATE TABLE envelopes (
    id          INTEGER PRIMARY KEY,
    sender      INTEGER NOT NULL REFERENCES accounts (id),
    conv        BLOB    NOT NULL,
    stream      BLOB    NOT NULL,
    -- The sequence number within (conversation, stream).
    place       INTEGER NOT NULL,
    env_id      BLOB    NOT NULL,
    -- Where it lies in its sender's own mailbox: what a repeated send is answered with.
    sender_seq  INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    header      BLOB    NOT NULL,
    body        BLOB    NOT NULL,
    UNIQUE (sender, conv, stream, place)
) STRICT;

-- One reader's part of a message. Apart from `mailbox`, so that it is appended in the order of writing and a mailbox row
-- stays small: with random readers, the pages written for each commit are what its fsync costs.
CREATE TABLE slips (
    envelope INTEGER NOT NULL REFERENCES envelopes (id) ON DELETE CASCADE,
    reader   INTEGER NOT NULL,
    slip     BLOB    NOT NULL,
    PRIMARY KEY (envelope, reader)
) STRICT, WITHOUT ROWID;

-- A reader's messages, gapless from 1. `record` is the reader's own sealed history record, written once, later.
CREATE TABLE mailbox (
    account  INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    seq      INTEGER NOT NULL,
    envelope INTEGER NOT NULL REFERENCES envelopes (id),
    record   BLOB,
    PRIMARY KEY (account, seq)
) STRICT, WITHOUT ROWID;

-- The highest `seq` of each mailbox.
CREATE TABLE heads (
    account INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    head    INTEGER NOT NULL
) STRICT;

-- `/readyz` writes here: a disk that is full or read-only shows before a message meets it.
CREATE TABLE probe (
    id INTEGER PRIMARY KEY,
    n  INTEGER NOT NULL
) STRICT;
