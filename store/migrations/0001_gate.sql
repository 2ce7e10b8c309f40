-- PostgreSQL's words; SQLite reads them as affinities. Checks have names, so that both databases
-- report the same one; no constraint is deferrable, as it would fail a whole batch at its COMMIT.

CREATE TABLE users (
    id                  UUID        PRIMARY KEY,
    email               TEXT        NOT NULL,
    email_canonical     TEXT        NOT NULL,
    username            TEXT,
    first_name          TEXT        NOT NULL,
    last_name           TEXT        NOT NULL,
    phone_number        TEXT,
    phone_verified_at   TIMESTAMPTZ,
    email_verified_at   TIMESTAMPTZ,
    password_hash       TEXT,
    is_active           BOOLEAN     NOT NULL,
    is_staff            BOOLEAN     NOT NULL,
    is_superuser        BOOLEAN     NOT NULL,
    profile             JSONB       NOT NULL,
    user_metadata       JSONB       NOT NULL,
    app_metadata        JSONB       NOT NULL,
    created_at          TIMESTAMPTZ NOT NULL,
    updated_at          TIMESTAMPTZ NOT NULL,
    last_login_at       TIMESTAMPTZ,
    deleted_at          TIMESTAMPTZ
);
-- An address in the deletion grace still belongs to its owner.
CREATE UNIQUE INDEX users_email_canonical ON users (email_canonical);
CREATE UNIQUE INDEX users_username ON users (username);
CREATE INDEX users_deleted ON users (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE UNIQUE INDEX users_verified_phone ON users (phone_number) WHERE phone_verified_at IS NOT NULL;

CREATE TABLE sessions (
    id                 UUID        PRIMARY KEY,
    user_id            UUID        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    secret             BYTEA       NOT NULL,
    head               BIGINT      NOT NULL,
    parent             BIGINT,
    -- Access tokens of older generations are dead.
    floor              BIGINT      NOT NULL,
    head_made_at       TIMESTAMPTZ NOT NULL,
    head_shown         BOOLEAN     NOT NULL,
    remembered         BOOLEAN     NOT NULL,
    device_name        TEXT        NOT NULL,
    device_fingerprint TEXT        NOT NULL,
    user_agent         TEXT        NOT NULL,
    browser            TEXT        NOT NULL,
    os                 TEXT        NOT NULL,
    device_type        TEXT        NOT NULL,
    ip_address         TEXT        NOT NULL,
    city               TEXT        NOT NULL,
    country            TEXT        NOT NULL,
    mfa_verified       BOOLEAN     NOT NULL,
    amr                TEXT        NOT NULL,
    authenticated_at   TIMESTAMPTZ NOT NULL,
    created_at         TIMESTAMPTZ NOT NULL,
    last_activity_at   TIMESTAMPTZ NOT NULL,
    last_rotation_at   TIMESTAMPTZ,
    expires_at         TIMESTAMPTZ NOT NULL,
    ended_at           TIMESTAMPTZ,
    end_reason         TEXT
);
CREATE INDEX sessions_of_user ON sessions (user_id, id) WHERE ended_at IS NULL;
CREATE INDEX sessions_of_device ON sessions (user_id, device_fingerprint);
CREATE INDEX sessions_expired ON sessions (expires_at);

-- Wrong passwords in a row, by keyed hashes of names and accounts.
CREATE TABLE lockouts (
    hash         BYTEA       PRIMARY KEY,
    account      BYTEA       NOT NULL,
    failures     BIGINT      NOT NULL,
    locked_until TIMESTAMPTZ,
    -- The guess that locked it was wrong.
    settled      BOOLEAN     NOT NULL,
    updated_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX lockouts_of_account ON lockouts (account);
CREATE INDEX lockouts_updated_at ON lockouts (updated_at);

-- What every process has to hear of, in the order of its sequence: the one row of the counter is
-- updated in the revoking transaction, so no later number is visible before an earlier one.
CREATE TABLE revocation_counter (
    id    BIGINT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO revocation_counter (id, value) VALUES (1, 0);
CREATE TABLE revocations (
    sequence   BIGINT      PRIMARY KEY,
    session_id UUID,
    user_id    UUID,
    made_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX revocations_made_at ON revocations (made_at);

CREATE TABLE links (
    id         UUID        PRIMARY KEY,
    user_id    UUID        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose    TEXT        NOT NULL,
    hash       BYTEA       NOT NULL,
    email      TEXT        NOT NULL,
    -- The hash of what only the browser or app that began the flow knows.
    binding    BYTEA,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    spent_at   TIMESTAMPTZ
);
CREATE UNIQUE INDEX links_hash ON links (hash);
CREATE INDEX links_of_user ON links (user_id, purpose);
CREATE INDEX links_expired ON links (expires_at);

-- What somebody agreed to, in which version, and when.
CREATE TABLE consents (
    id          UUID        PRIMARY KEY,
    user_id     UUID        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    document    TEXT        NOT NULL,
    version     TEXT        NOT NULL,
    ip_address  TEXT        NOT NULL,
    user_agent  TEXT        NOT NULL,
    accepted_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX consents_of_user ON consents (user_id, id);

CREATE TABLE invitations (
    id              UUID        PRIMARY KEY,
    email           TEXT        NOT NULL,
    email_canonical TEXT        NOT NULL,
    hash            BYTEA       NOT NULL,
    invited_by      UUID,
    created_at      TIMESTAMPTZ NOT NULL,
    expires_at      TIMESTAMPTZ NOT NULL,
    accepted_at     TIMESTAMPTZ,
    revoked_at      TIMESTAMPTZ
);
CREATE UNIQUE INDEX invitations_hash ON invitations (hash);
CREATE INDEX invitations_of_address ON invitations (email_canonical);
CREATE INDEX invitations_expired ON invitations (expires_at);

-- Requests that must not happen twice: keyed hashes of their key and body, and what came of them.
CREATE TABLE idempotency_keys (
    hash       BYTEA       PRIMARY KEY,
    body_hash  BYTEA       NOT NULL,
    result_id  UUID        NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE password_history (
    id         UUID        PRIMARY KEY,
    user_id    UUID        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash       TEXT        NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX password_history_of_user ON password_history (user_id, id);

CREATE TABLE jobs (
    id         UUID        PRIMARY KEY,
    kind       TEXT        NOT NULL,
    payload    JSONB       NOT NULL,
    -- What must not be read by whoever reads the database, sealed.
    sealed     BYTEA,
    request_id TEXT        NOT NULL,
    unique_key TEXT,
    due_at     TIMESTAMPTZ NOT NULL,
    failures   BIGINT      NOT NULL,
    last_error TEXT,
    -- Who works on it, and until when nobody else may.
    claim      UUID,
    claimed_until TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    dead_at    TIMESTAMPTZ
);
CREATE UNIQUE INDEX jobs_unique_key ON jobs (unique_key) WHERE dead_at IS NULL;
CREATE INDEX jobs_due ON jobs (due_at) WHERE dead_at IS NULL;
CREATE INDEX jobs_dead ON jobs (dead_at) WHERE dead_at IS NOT NULL;

CREATE TABLE schedules (
    name   TEXT        PRIMARY KEY,
    -- The expression it was computed from: a changed one is computed anew.
    cron   TEXT        NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    ran_at TIMESTAMPTZ
);

-- Ids of what a row is about are kept when that is gone.
CREATE TABLE audit_events (
    id         UUID        PRIMARY KEY,
    made_at    TIMESTAMPTZ NOT NULL,
    event      TEXT        NOT NULL,
    outcome    TEXT        NOT NULL,
    risk       TEXT        NOT NULL,
    actor_id   UUID,
    subject_id UUID,
    session_id UUID,
    ip_address TEXT        NOT NULL,
    user_agent TEXT        NOT NULL,
    browser    TEXT        NOT NULL,
    os         TEXT        NOT NULL,
    device_type TEXT       NOT NULL,
    request_id TEXT        NOT NULL,
    details    JSONB       NOT NULL
);
CREATE INDEX audit_events_of_actor ON audit_events (actor_id, id);
CREATE INDEX audit_events_of_subject ON audit_events (subject_id, id);

CREATE TABLE signing_keys (
    id         TEXT        PRIMARY KEY,
    algorithm  TEXT        NOT NULL,
    -- made, signing, retired, revoked
    state      TEXT        NOT NULL,
    sealed     BYTEA       NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    -- When it begins, or began, to sign.
    signs_at   TIMESTAMPTZ NOT NULL,
    retired_at TIMESTAMPTZ,
    -- When nothing that it signed counts any more.
    ends_at    TIMESTAMPTZ
);
-- One key signs, and at most one waits to.
CREATE UNIQUE INDEX signing_keys_of_state ON signing_keys (state)
    WHERE state IN ('made', 'signing');
