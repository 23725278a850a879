-- The operator's one-time code: its SHA-256. 120 random bits, which nobody guesses from it.
CREATE TABLE anew_codes (
    account    BIGINT PRIMARY KEY REFERENCES accounts (id),
    code_hash  BYTEA  NOT NULL,
    expires_ms BIGINT NOT NULL
);

-- Somebody has asked to start an account anew. One at a time: a newer request takes the place of an older one.
CREATE TABLE anew (
    account  BIGINT   PRIMARY KEY REFERENCES accounts (id),
    -- Names the request to the account's sessions.
    id       BYTEA    NOT NULL,
    -- The SHA-256 of what whoever asked is known by.
    claim    BYTEA    NOT NULL UNIQUE,
    asked_ms BIGINT   NOT NULL,
    -- 1 waiting, 2 refused by a session, 3 carried out
    state    SMALLINT NOT NULL
);

-- What an account had until it began anew, so that a secret found later still opens it. `seq` is the place of the last
-- statement of then.
CREATE TABLE earlier (
    account          BIGINT NOT NULL REFERENCES accounts (id),
    seq              BIGINT NOT NULL,
    keystore_version BIGINT NOT NULL,
    keystore         BYTEA  NOT NULL,
    state_version    BIGINT NOT NULL,
    state            BYTEA  NOT NULL,
    PRIMARY KEY (account, seq)
);

-- As `access` was then. Nobody signs in by it.
CREATE TABLE earlier_access (
    account BIGINT   NOT NULL REFERENCES accounts (id),
    seq     BIGINT   NOT NULL,
    kind    SMALLINT NOT NULL,
    profile SMALLINT NOT NULL,
    record  BYTEA    NOT NULL,
    slot    BYTEA    NOT NULL,
    PRIMARY KEY (account, seq, kind)
);
