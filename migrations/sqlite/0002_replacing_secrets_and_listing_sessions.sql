-- Counts how often a secret was replaced: a login begun with the old one ends in nothing.
ALTER TABLE access ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

-- Names a session to its account's other ones; random.
ALTER TABLE sessions ADD COLUMN handle BLOB NOT NULL DEFAULT x'';
UPDATE sessions SET handle = randomblob(16);
CREATE UNIQUE INDEX sessions_by_handle ON sessions (handle);

-- The secret that opened it (as `access.kind`), NULL once another session has replaced that one. Until now browsers
-- offered the password only.
ALTER TABLE sessions ADD COLUMN secret INTEGER DEFAULT 1;
-- 1 if a login opened it, 0 if a sign-up did; of older sessions it is not known.
ALTER TABLE sessions ADD COLUMN by_login INTEGER NOT NULL DEFAULT 0;
-- Families, as numbered in `signet_shared::api`; nothing finer is kept.
ALTER TABLE sessions ADD COLUMN browser INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN system INTEGER NOT NULL DEFAULT 0;
-- The login by which it last replaced a secret, and how many sessions ended with that: what the same request again is
-- answered with.
ALTER TABLE sessions ADD COLUMN replaced_by BLOB;
ALTER TABLE sessions ADD COLUMN replaced_ended INTEGER;

-- A new way in that its session has not yet signed in with: of no use for signing in until it replaces the one in `access`.
CREATE TABLE pending (
    account    INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind       INTEGER NOT NULL,
    token_hash BLOB    NOT NULL REFERENCES sessions (token_hash) ON DELETE CASCADE,
    -- Random: tells it from one that took its place.
    id         BLOB    NOT NULL,
    made_ms    INTEGER NOT NULL,
    profile    INTEGER NOT NULL,
    record     BLOB    NOT NULL,
    slot       BLOB    NOT NULL,
    PRIMARY KEY (account, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX pending_by_session ON pending (token_hash);
