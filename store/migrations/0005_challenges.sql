-- What is pending between the steps of a sign-in: exchange tokens today, each spent once.
CREATE TABLE challenges (
    id         UUID        PRIMARY KEY,
    kind       TEXT        NOT NULL,
    -- Of the token that its owner presents.
    hash       BYTEA       NOT NULL,
    -- Nobody, while it is not known who is going to answer.
    user_id    UUID        REFERENCES users (id) ON DELETE CASCADE,
    -- The hash of what only the browser or app that began knows.
    binding    BYTEA,
    -- What is proved already, as in sessions.amr.
    proofs     TEXT        NOT NULL,
    tries_left BIGINT      NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX challenges_hash ON challenges (hash);
CREATE INDEX challenges_of_user ON challenges (user_id);
CREATE INDEX challenges_expired ON challenges (expires_at);
DELETE FROM links WHERE purpose = 'exchange';
