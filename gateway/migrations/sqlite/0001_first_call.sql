CREATE TABLE site (
    one             BIGINT PRIMARY KEY CHECK (one = 1),
    revision        BIGINT NOT NULL
);
INSERT INTO site (one, revision) VALUES (1, 0);

CREATE TABLE organizations (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    name            TEXT NOT NULL UNIQUE,
    title           TEXT NOT NULL,
    sip_domain      TEXT NOT NULL UNIQUE,
    recording       TEXT NOT NULL,
    announcements   TEXT,
    ring_timeout_s  BIGINT NOT NULL
);

CREATE TABLE extensions (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    number          TEXT NOT NULL,
    display_name    TEXT,
    ha1_md5         TEXT NOT NULL,
    ha1_sha256      TEXT NOT NULL,
    recording       TEXT NOT NULL,
    max_bindings    BIGINT NOT NULL,
    may_call_trunks BOOLEAN NOT NULL,
    ring_timeout_s  BIGINT,
    enabled         BOOLEAN NOT NULL,
    UNIQUE (organization_id, number),
    UNIQUE (organization_id, id)
);

CREATE TABLE trunks (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id    BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name               TEXT NOT NULL,
    host               TEXT NOT NULL,
    port               BIGINT,
    transport          TEXT NOT NULL,
    sources            TEXT NOT NULL,
    in_username        TEXT,
    in_ha1_md5         TEXT,
    in_ha1_sha256      TEXT,
    out_username       TEXT,
    out_realm          TEXT,
    out_ha1_md5        TEXT,
    out_ha1_sha256     TEXT,
    out_sealed         TEXT,
    register_aor       TEXT,
    register_user      TEXT,
    register_expires_s BIGINT,
    options_ping_s     BIGINT,
    codecs             TEXT,
    srtp               TEXT NOT NULL,
    dtmf               TEXT NOT NULL,
    recording          TEXT NOT NULL,
    max_calls          BIGINT,
    caller_id          TEXT NOT NULL,
    enabled            BOOLEAN NOT NULL,
    UNIQUE (organization_id, name),
    UNIQUE (organization_id, id)
);

-- The pair of organization and trunk is the reference: no rule can lead to the trunk of another organization.
CREATE TABLE dial_rules (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    position        BIGINT NOT NULL,
    trunk_id        BIGINT,
    rule            TEXT NOT NULL,
    UNIQUE (organization_id, position),
    FOREIGN KEY (organization_id, trunk_id) REFERENCES trunks (organization_id, id)
);

CREATE TABLE bindings (
    organization_id BIGINT NOT NULL,
    extension_id    BIGINT NOT NULL,
    uri             TEXT NOT NULL,
    transport       TEXT NOT NULL,
    local_address   TEXT NOT NULL,
    remote_address  TEXT NOT NULL,
    stream          BIGINT,
    call_id         TEXT NOT NULL,
    cseq            BIGINT NOT NULL,
    expires_at_ms   BIGINT NOT NULL,
    user_agent      TEXT,
    instance        TEXT,
    path            TEXT,
    PRIMARY KEY (extension_id, uri),
    FOREIGN KEY (organization_id, extension_id) REFERENCES extensions (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX bindings_expires ON bindings (expires_at_ms);

-- Facts carry no foreign keys: a call record outlives the extension, the trunk and the organization it tells of.
CREATE TABLE calls (
    id              TEXT PRIMARY KEY,
    organization_id BIGINT,
    node            TEXT NOT NULL,
    direction       TEXT NOT NULL,
    caller          TEXT NOT NULL,
    callee          TEXT NOT NULL,
    destination     TEXT,
    trunk           TEXT,
    started_at_ms   BIGINT NOT NULL,
    ringing_at_ms   BIGINT,
    answered_at_ms  BIGINT,
    ended_at_ms     BIGINT,
    end_reason      TEXT NOT NULL,
    sip_status      BIGINT,
    q850_cause      BIGINT,
    ended_by        TEXT,
    recording       TEXT,
    transferred_to  TEXT
);
CREATE INDEX calls_organization ON calls (organization_id, id);
CREATE INDEX calls_unfinished ON calls (node) WHERE ended_at_ms IS NULL;

CREATE TABLE legs (
    call_id            TEXT NOT NULL,
    position           BIGINT NOT NULL,
    sip_call_id        TEXT NOT NULL,
    party_kind         TEXT NOT NULL,
    party              TEXT NOT NULL,
    remote_address     TEXT,
    codec              TEXT,
    srtp               TEXT,
    received_packets   BIGINT,
    received_lost      BIGINT,
    received_jitter_ms DOUBLE PRECISION,
    received_mos       DOUBLE PRECISION,
    sent_packets       BIGINT,
    sent_lost          BIGINT,
    sent_jitter_ms     DOUBLE PRECISION,
    sent_mos           DOUBLE PRECISION,
    round_trip_ms      DOUBLE PRECISION,
    PRIMARY KEY (call_id, position)
);

CREATE TABLE recordings (
    call_id         TEXT NOT NULL,
    path            TEXT NOT NULL,
    organization_id BIGINT NOT NULL,
    started_at_ms   BIGINT NOT NULL,
    seconds         DOUBLE PRECISION NOT NULL,
    state           TEXT NOT NULL,
    reason          TEXT NOT NULL,
    PRIMARY KEY (call_id, path)
);
CREATE INDEX recordings_organization ON recordings (organization_id, started_at_ms);

CREATE TABLE events (
    id              TEXT PRIMARY KEY,
    at_ms           BIGINT NOT NULL,
    organization_id BIGINT,
    kind            TEXT NOT NULL,
    call_id         TEXT,
    detail          TEXT NOT NULL
);
CREATE INDEX events_organization ON events (organization_id, at_ms);

CREATE TABLE nodes (
    name            TEXT PRIMARY KEY,
    alive_at_ms     BIGINT NOT NULL
);
