-- How numbers without a country are read, such as +55; NULL: as they are.
ALTER TABLE organizations ADD COLUMN country_prefix TEXT;

-- `name` is empty while nobody knows it. `search` is the name without case and accents.
CREATE TABLE contacts (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    search          TEXT NOT NULL,
    language        TEXT,
    photo_url       TEXT,
    attributes      TEXT NOT NULL,
    created_at_ms   BIGINT NOT NULL,
    updated_at_ms   BIGINT NOT NULL,
    UNIQUE (organization_id, id)
);
CREATE INDEX contacts_by_search ON contacts (organization_id, search, id);

-- `inbox_id` is 0 but for what is known in one inbox only: the provider's ids and handles.
CREATE TABLE contact_identities (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL,
    contact_id      BIGINT NOT NULL,
    kind            TEXT NOT NULL,
    inbox_id        BIGINT NOT NULL,
    value           TEXT NOT NULL,
    UNIQUE (organization_id, kind, inbox_id, value),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX contact_identities_by_contact ON contact_identities (contact_id);

CREATE TABLE inboxes (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    title           TEXT NOT NULL,
    plugin          TEXT NOT NULL,
    queue_id        BIGINT,
    settings        TEXT NOT NULL,
    secrets         TEXT,
    enabled         BOOLEAN NOT NULL,
    state           TEXT NOT NULL,
    fault           TEXT,
    hook_key        TEXT NOT NULL UNIQUE,
    account         TEXT,
    capabilities    TEXT NOT NULL,
    poll_cursor     TEXT,
    UNIQUE (organization_id, name),
    UNIQUE (organization_id, id)
);

CREATE TABLE rules (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    position        BIGINT NOT NULL,
    title           TEXT NOT NULL,
    plugin          TEXT NOT NULL,
    settings        TEXT NOT NULL,
    secrets         TEXT,
    enabled         BOOLEAN NOT NULL
);

-- `interaction_id` is the latest one. What was said outlives the inbox, so that nothing refers to it.
CREATE TABLE conversations (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id     BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    inbox_id            BIGINT NOT NULL,
    contact_id          BIGINT,
    thread              TEXT NOT NULL,
    interaction_id      BIGINT,
    last_inbound_at_ms  BIGINT,
    last_outbound_at_ms BIGINT,
    delivered_until_ms  BIGINT,
    read_until_ms       BIGINT,
    UNIQUE (inbox_id, thread),
    UNIQUE (organization_id, id)
);
CREATE INDEX conversations_by_contact ON conversations (contact_id);
CREATE INDEX conversations_by_interaction ON conversations (interaction_id);

CREATE TABLE messages (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    interaction_id  BIGINT,
    inbox_id        BIGINT NOT NULL,
    direction       TEXT NOT NULL,
    user_id         BIGINT,
    provider_id     TEXT,
    our_id          TEXT UNIQUE,
    client_id       TEXT,
    text            TEXT NOT NULL,
    format          TEXT NOT NULL,
    content         TEXT,
    reactions       TEXT,
    reply_to        TEXT,
    state           TEXT NOT NULL,
    state_rank      BIGINT NOT NULL,
    reason          TEXT,
    at_ms           BIGINT NOT NULL,
    edited_at_ms    BIGINT,
    deleted_at_ms   BIGINT,
    UNIQUE (organization_id, id),
    UNIQUE (inbox_id, provider_id),
    UNIQUE (interaction_id, client_id),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX messages_by_conversation ON messages (conversation_id, at_ms, id);
CREATE INDEX messages_by_interaction ON messages (interaction_id, at_ms, id);

-- What a provider said of a message whose id we do not know yet.
CREATE TABLE early_statuses (
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    inbox_id        BIGINT NOT NULL,
    provider_id     TEXT NOT NULL,
    state           TEXT NOT NULL,
    state_rank      BIGINT NOT NULL,
    reason          TEXT,
    kept_at_ms      BIGINT NOT NULL,
    PRIMARY KEY (inbox_id, provider_id)
);

CREATE TABLE attachments (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL,
    message_id      BIGINT NOT NULL,
    kind            TEXT NOT NULL,
    media_type      TEXT,
    file_name       TEXT,
    size_bytes      BIGINT,
    duration_ms     BIGINT,
    reference       TEXT NOT NULL,
    path            TEXT,
    state           TEXT NOT NULL,
    attempts        BIGINT NOT NULL,
    due_at_ms       BIGINT NOT NULL,
    FOREIGN KEY (organization_id, message_id) REFERENCES messages (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX attachments_by_message ON attachments (message_id);
CREATE INDEX attachments_due ON attachments (state, due_at_ms);

CREATE TABLE outbox (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id  BIGINT NOT NULL,
    inbox_id         BIGINT NOT NULL,
    thread           TEXT NOT NULL,
    message_id       BIGINT,
    request          TEXT NOT NULL,
    attempts         BIGINT NOT NULL,
    due_at_ms        BIGINT NOT NULL,
    claimed_until_ms BIGINT,
    give_up_at_ms    BIGINT NOT NULL,
    FOREIGN KEY (organization_id, inbox_id) REFERENCES inboxes (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX outbox_by_thread ON outbox (inbox_id, thread, id);

CREATE TABLE drafts (
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id         BIGINT NOT NULL,
    interaction_id  BIGINT NOT NULL,
    text            TEXT NOT NULL,
    at_ms           BIGINT NOT NULL,
    PRIMARY KEY (user_id, interaction_id)
);

CREATE TABLE notes (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    interaction_id  BIGINT NOT NULL,
    contact_id      BIGINT,
    user_id         BIGINT,
    text            TEXT NOT NULL,
    at_ms           BIGINT NOT NULL
);
CREATE INDEX notes_by_interaction ON notes (interaction_id, id);
