-- The operator's one-time code: its SHA-256. 120 random bits, which nobody guesses from it.
CREATE TABLE anew_codes (
    account    INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    code_hash  BLOB    NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT;

-- Somebody has asked to start an account anew. One at a time: a newer request takes the place of an older one.
CREATE TABLE anew (
    account  INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    -- Names the request to the account's sessions.
    id       BLOB    NOT NULL,
    -- The SHA-256 of what whoever asked is known by.
    claim    BLOB    NOT NULL UNIQUE,
    asked_ms INTEGER NOT NULL,
    -- 1 waiting, 2 refused by a session, 3 carried out
    state    INTEGER NOT NULL
) STRICT;

-- What an account had until it began anew, so that a secret found later still opens it. `seq` is the place of the last
-- statement of then.
CREATE TABLE earlier (
    account          INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    seq              INTEGER NOT NULL,
    keystore_version INTEGER NOT NULL,
    keystore         BLOB    NOT NULL,
    state_version    INTEGER NOT NULL,
    state            BLOB    NOT NULL,
    PRIMARY KEY (account, seq)
) STRICT;

-- As `access` was then. Nobody signs in by it.
CREATE TABLE earlier_access (
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    kind    INTEGER NOT NULL,
    profile INTEGER NOT NULL,
    record  BLOB    NOT NULL,
    slot    BLOB    NOT NULL,
    PRIMARY KEY (account, seq, kind)
) STRICT, WITHOUT ROWID;
