-- An e-mail address is a user's name at log-in, so it is unique over all organizations; kept in lower case.
CREATE TABLE users (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    email           TEXT NOT NULL UNIQUE,
    name            TEXT NOT NULL,
    role            TEXT NOT NULL,
    password_hash   TEXT,
    extension_id    BIGINT,
    webrtc          BOOLEAN NOT NULL,
    omnichannel     BOOLEAN NOT NULL,
    language        TEXT NOT NULL,
    photo           BLOB,
    photo_type      TEXT,
    capacity_chats  BIGINT NOT NULL,
    capacity_calls  BIGINT NOT NULL,
    enabled         BOOLEAN NOT NULL,
    created_at_ms   BIGINT NOT NULL,
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, extension_id),
    FOREIGN KEY (organization_id, extension_id) REFERENCES extensions (organization_id, id)
);
CREATE INDEX users_name ON users (organization_id, name, id);

-- Browsers that are logged in, and tokens of programs. Of a token only its SHA-256 is kept. A program's has no end.
CREATE TABLE logins (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash      TEXT NOT NULL UNIQUE,
    organization_id BIGINT NOT NULL,
    user_id         BIGINT NOT NULL,
    kind            TEXT NOT NULL,
    name            TEXT NOT NULL,
    created_at_ms   BIGINT NOT NULL,
    seen_at_ms      BIGINT NOT NULL,
    expires_at_ms   BIGINT,
    address         TEXT NOT NULL,
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX logins_user ON logins (user_id);
CREATE INDEX logins_expires ON logins (expires_at_ms);

-- Links by which somebody sets a password, once.
CREATE TABLE links (
    token_hash      TEXT PRIMARY KEY,
    organization_id BIGINT NOT NULL,
    user_id         BIGINT NOT NULL,
    purpose         TEXT NOT NULL,
    expires_at_ms   BIGINT NOT NULL,
    used_at_ms      BIGINT,
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX links_user ON links (user_id);

-- Who changed what. No foreign key to users: what somebody did outlives him; `actor` is what he was called.
CREATE TABLE audit (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    at_ms           BIGINT NOT NULL,
    user_id         BIGINT,
    actor           TEXT NOT NULL,
    action          TEXT NOT NULL,
    noun            TEXT NOT NULL,
    noun_id         TEXT NOT NULL,
    detail          TEXT NOT NULL,
    address         TEXT NOT NULL
);
CREATE INDEX audit_organization ON audit (organization_id, id);

-- Answers to requests that carried an Idempotency-Key, sealed, so that the same request again gets the same answer. Status 0: still at work.
CREATE TABLE idempotency (
    organization_id BIGINT NOT NULL,
    user_id         BIGINT NOT NULL,
    key             TEXT NOT NULL,
    request_hash    TEXT NOT NULL,
    status          BIGINT NOT NULL,
    response        TEXT NOT NULL,
    created_at_ms   BIGINT NOT NULL,
    PRIMARY KEY (user_id, key),
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX idempotency_created ON idempotency (created_at_ms);
