-- What is known of a recording once it is complete, and the way of its file to a store of objects.
ALTER TABLE recordings ADD COLUMN part BIGINT NOT NULL DEFAULT 1;
ALTER TABLE recordings ADD COLUMN pauses TEXT NOT NULL DEFAULT '[]';
ALTER TABLE recordings ADD COLUMN peaks TEXT;
ALTER TABLE recordings ADD COLUMN bytes BIGINT;
ALTER TABLE recordings ADD COLUMN sha256 TEXT;
ALTER TABLE recordings ADD COLUMN object TEXT;
ALTER TABLE recordings ADD COLUMN deleted_at_ms BIGINT;
CREATE INDEX recordings_state ON recordings (state, started_at_ms);

-- A file that is still to be sent. Whoever claims it has it until the claim runs out.
CREATE TABLE recording_uploads (
    call_id          TEXT NOT NULL,
    path             TEXT NOT NULL,
    node             TEXT NOT NULL,
    attempts         BIGINT NOT NULL,
    due_at_ms        BIGINT NOT NULL,
    claimed_until_ms BIGINT,
    PRIMARY KEY (call_id, path)
);
CREATE INDEX recording_uploads_due ON recording_uploads (node, due_at_ms);

-- NULL: kept for ever.
ALTER TABLE organizations ADD COLUMN recording_days BIGINT;
ALTER TABLE organizations ADD COLUMN country TEXT NOT NULL DEFAULT 'brazil';

-- Sounds that agents play into calls, as they were uploaded or spoken.
CREATE TABLE sound_clips (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    title           TEXT NOT NULL,
    media_type      TEXT NOT NULL,
    seconds         DOUBLE PRECISION NOT NULL,
    text            TEXT,
    archived        BOOLEAN NOT NULL,
    sound           BLOB NOT NULL,
    created_at_ms   BIGINT NOT NULL
);
CREATE INDEX sound_clips_of_organization ON sound_clips (organization_id, title);
