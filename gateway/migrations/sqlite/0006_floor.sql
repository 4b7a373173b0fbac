ALTER TABLE organizations ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'America/Sao_Paulo';

CREATE TABLE queues (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    title           TEXT NOT NULL,
    medium          TEXT NOT NULL,
    direction       TEXT NOT NULL,
    offer_timeout_s BIGINT NOT NULL,
    wrap_up_s       BIGINT NOT NULL,
    priority        BIGINT NOT NULL,
    music           TEXT,
    enabled         BOOLEAN NOT NULL,
    UNIQUE (organization_id, name),
    UNIQUE (organization_id, id)
);

-- References name the organization too: nothing can lead from one to another.
CREATE TABLE queue_members (
    organization_id BIGINT NOT NULL,
    queue_id        BIGINT NOT NULL,
    user_id         BIGINT NOT NULL,
    PRIMARY KEY (queue_id, user_id),
    FOREIGN KEY (organization_id, queue_id) REFERENCES queues (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX queue_members_user ON queue_members (user_id);

CREATE TABLE pause_reasons (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    title           TEXT NOT NULL,
    UNIQUE (organization_id, title),
    UNIQUE (organization_id, id)
);

CREATE TABLE queue_pause_reasons (
    organization_id BIGINT NOT NULL,
    queue_id        BIGINT NOT NULL,
    pause_reason_id BIGINT NOT NULL,
    PRIMARY KEY (queue_id, pause_reason_id),
    FOREIGN KEY (organization_id, queue_id) REFERENCES queues (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, pause_reason_id) REFERENCES pause_reasons (organization_id, id) ON DELETE CASCADE
);

CREATE TABLE dispositions (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    title           TEXT NOT NULL,
    enabled         BOOLEAN NOT NULL,
    UNIQUE (organization_id, title),
    UNIQUE (organization_id, id)
);

CREATE TABLE queue_dispositions (
    organization_id BIGINT NOT NULL,
    queue_id        BIGINT NOT NULL,
    disposition_id  BIGINT NOT NULL,
    PRIMARY KEY (queue_id, disposition_id),
    FOREIGN KEY (organization_id, queue_id) REFERENCES queues (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, disposition_id) REFERENCES dispositions (organization_id, id) ON DELETE CASCADE
);

CREATE TABLE protocol_counters (
    organization_id BIGINT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    last            BIGINT NOT NULL
);

-- No reference to queue, agent, contact or inbox: what happened outlives them.
CREATE TABLE interactions (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    protocol        TEXT NOT NULL,
    medium          TEXT NOT NULL,
    channel         TEXT NOT NULL,
    direction       TEXT NOT NULL,
    state           TEXT NOT NULL,
    queue_id        BIGINT,
    agent_id        BIGINT,
    contact_id      BIGINT,
    inbox_id        BIGINT,
    conversation_id BIGINT,
    call_id         TEXT,
    title           TEXT NOT NULL,
    customer_state  TEXT NOT NULL,
    left_at_ms      BIGINT,
    unread          BIGINT NOT NULL,
    priority        BIGINT NOT NULL,
    started_at_ms   BIGINT NOT NULL,
    assigned_at_ms  BIGINT,
    opened_at_ms    BIGINT,
    answered_at_ms  BIGINT,
    ended_at_ms     BIGINT,
    closed_at_ms    BIGINT,
    last_text       TEXT,
    last_direction  TEXT,
    last_at_ms      BIGINT,
    disposition_id  BIGINT,
    visitor         TEXT,
    UNIQUE (organization_id, protocol),
    UNIQUE (organization_id, id)
);
CREATE INDEX interactions_open ON interactions (organization_id) WHERE state <> 'closed';
CREATE INDEX interactions_agent ON interactions (organization_id, agent_id, id);
CREATE INDEX interactions_contact ON interactions (organization_id, contact_id, id);
CREATE INDEX interactions_closed ON interactions (organization_id, closed_at_ms);

CREATE TABLE interaction_tags (
    organization_id BIGINT NOT NULL,
    interaction_id  BIGINT NOT NULL,
    tag             TEXT NOT NULL,
    PRIMARY KEY (interaction_id, tag),
    FOREIGN KEY (organization_id, interaction_id) REFERENCES interactions (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX interaction_tags_tag ON interaction_tags (organization_id, tag);

CREATE TABLE interaction_events (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL,
    interaction_id  BIGINT NOT NULL,
    at_ms           BIGINT NOT NULL,
    kind            TEXT NOT NULL,
    user_id         BIGINT,
    detail          TEXT NOT NULL,
    FOREIGN KEY (organization_id, interaction_id) REFERENCES interactions (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX interaction_events_interaction ON interaction_events (interaction_id, id);

CREATE TABLE agent_standings (
    organization_id BIGINT NOT NULL,
    user_id         BIGINT NOT NULL,
    queue_id        BIGINT NOT NULL,
    state           TEXT NOT NULL,
    reason_id       BIGINT,
    since_ms        BIGINT NOT NULL,
    PRIMARY KEY (user_id, queue_id),
    FOREIGN KEY (organization_id, queue_id) REFERENCES queues (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id) ON DELETE CASCADE
);
