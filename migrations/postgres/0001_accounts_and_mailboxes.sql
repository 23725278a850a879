-- Everything here is public, sealed in a browser, or a hash; see the page /privacy for what each is kept for.
-- Numbers named `account` are `accounts.id`: the 16-byte ids stay in one table, so that the large ones are small.
-- An account's row is never deleted, so that only what hangs on a session needs a foreign key with a cascade; the tables that
-- every message writes have none, since a locked row of `heads` has shown that their account is there.

CREATE TABLE accounts (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id BYTEA  NOT NULL UNIQUE,
    -- In lower case: the form in which names are compared. The statement holds it as its owner typed it.
    username   TEXT   COLLATE "C" NOT NULL UNIQUE,
    created_ms BIGINT NOT NULL
);

-- One way in per secret (1 password, 2 recovery key): its OPAQUE record and the master key sealed under it.
CREATE TABLE access (
    account BIGINT   NOT NULL REFERENCES accounts (id),
    kind    SMALLINT NOT NULL,
    profile SMALLINT NOT NULL,
    record  BYTEA    NOT NULL,
    slot    BYTEA    NOT NULL,
    PRIMARY KEY (account, kind)
);

-- Append-only, stored unverified: clients verify.
CREATE TABLE statements (
    account BIGINT NOT NULL REFERENCES accounts (id),
    seq     BIGINT NOT NULL,
    bytes   BYTEA  NOT NULL,
    PRIMARY KEY (account, seq)
);

-- 1 keystore, 2 state. Replaced by compare-and-swap on the version.
CREATE TABLE objects (
    account BIGINT   NOT NULL REFERENCES accounts (id),
    kind    SMALLINT NOT NULL,
    version BIGINT   NOT NULL,
    bytes   BYTEA    NOT NULL,
    PRIMARY KEY (account, kind)
);

-- Of a session's token only the SHA-256.
CREATE TABLE sessions (
    token_hash BYTEA  PRIMARY KEY,
    account    BIGINT NOT NULL REFERENCES accounts (id),
    created_ms BIGINT NOT NULL,
    used_ms    BIGINT NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account);

-- The relay's share of what opens an account again after a reload; gone with its session.
CREATE TABLE shares (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash BYTEA  NOT NULL REFERENCES sessions (token_hash) ON DELETE CASCADE,
    share      BYTEA  NOT NULL,
    UNIQUE (token_hash, share)
);

-- The highest `seq` of each mailbox. Whoever appends to a mailbox locks its row first, so that the numbers have no gap however
-- many nodes write. No index but the key, and room in every page: a new number is written beside the old one.
CREATE TABLE heads (
    account BIGINT PRIMARY KEY REFERENCES accounts (id),
    head    BIGINT NOT NULL
) WITH (fillfactor = 50);

-- A message, once, named by where it lies in its sender's own mailbox: no other counter is needed for it. Header and body are
-- as uploaded; each reader's leaf is in his mailbox.
CREATE TABLE envelopes (
    sender      BIGINT  NOT NULL,
    sender_seq  BIGINT  NOT NULL,
    conv        BYTEA   NOT NULL,
    stream      BYTEA   NOT NULL,
    -- The sequence number within (conversation, stream).
    place       BIGINT  NOT NULL,
    env_id      BYTEA   NOT NULL,
    -- How many mailboxes still have it. With the last one it goes.
    readers     INTEGER NOT NULL,
    received_ms BIGINT  NOT NULL,
    header      BYTEA   NOT NULL,
    body        BYTEA   NOT NULL,
    PRIMARY KEY (sender, sender_seq),
    UNIQUE (sender, conv, stream, place)
) PARTITION BY HASH (sender);

-- A reader's messages, gapless from 1, each with his own part of it.
CREATE TABLE mailbox (
    account    BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    sender     BIGINT NOT NULL,
    sender_seq BIGINT NOT NULL,
    slip       BYTEA  NOT NULL,
    PRIMARY KEY (account, seq)
) PARTITION BY HASH (account);

-- A reader's own sealed history record of a message, written once, later. Apart from `mailbox`, whose rows would otherwise be
-- written twice.
CREATE TABLE records (
    account BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    record  BYTEA  NOT NULL,
    PRIMARY KEY (account, seq)
) PARTITION BY HASH (account);

DO $$
DECLARE
    parent TEXT;
    part   INTEGER;
BEGIN
    FOREACH parent IN ARRAY ARRAY['envelopes', 'mailbox', 'records'] LOOP
        FOR part IN 0..31 LOOP
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 32, REMAINDER %s)',
                parent || '_' || lpad(part::text, 2, '0'), parent, part
            );
        END LOOP;
    END LOOP;
    -- Ciphertext cannot be made smaller: no time is spent on trying.
    FOR part IN 0..31 LOOP
        EXECUTE format('ALTER TABLE %I ALTER body SET STORAGE EXTERNAL', 'envelopes_' || lpad(part::text, 2, '0'));
        EXECUTE format('ALTER TABLE %I ALTER slip SET STORAGE EXTERNAL', 'mailbox_' || lpad(part::text, 2, '0'));
    END LOOP;
END
$$;
ALTER TABLE objects ALTER bytes SET STORAGE EXTERNAL;

-- `/readyz` writes here: a disk that is full or read-only shows before a message meets it.
CREATE TABLE probe (
    id INTEGER PRIMARY KEY,
    n  INTEGER NOT NULL
);
INSERT INTO probe (id, n) VALUES (1, 0);
