-- Counts how often a secret was replaced: a login begun with the old one ends in nothing.
ALTER TABLE access ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- Names a session to its account's other ones; random.
ALTER TABLE sessions ADD COLUMN handle BYTEA NOT NULL UNIQUE;
-- The secret that opened it (as `access.kind`), NULL once another session has replaced that one.
ALTER TABLE sessions ADD COLUMN secret SMALLINT;
-- Whether a login opened it, and no sign-up.
ALTER TABLE sessions ADD COLUMN by_login BOOLEAN NOT NULL DEFAULT false;
-- Families, as numbered in `signet_shared::api`; nothing finer is kept.
ALTER TABLE sessions ADD COLUMN browser SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN system SMALLINT NOT NULL DEFAULT 0;
-- The login by which it last replaced a secret, and how many sessions ended with that: what the same request again is
-- answered with.
ALTER TABLE sessions ADD COLUMN replaced_by BYTEA;
ALTER TABLE sessions ADD COLUMN replaced_ended BIGINT;

-- A new way in that its session has not yet signed in with: of no use for signing in until it replaces the one in `access`.
CREATE TABLE pending (
    account    BIGINT   NOT NULL REFERENCES accounts (id),
    kind       SMALLINT NOT NULL,
    token_hash BYTEA    NOT NULL REFERENCES sessions (token_hash) ON DELETE CASCADE,
    -- Random: tells it from one that took its place.
    id         BYTEA    NOT NULL,
    made_ms    BIGINT   NOT NULL,
    profile    SMALLINT NOT NULL,
    record     BYTEA    NOT NULL,
    slot       BYTEA    NOT NULL,
    PRIMARY KEY (account, kind)
);
CREATE INDEX pending_by_session ON pending (token_hash);
