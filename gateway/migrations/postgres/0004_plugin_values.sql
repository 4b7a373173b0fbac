CREATE TABLE plugin_values (
    organization_id BIGINT NOT NULL,
    plugin          TEXT NOT NULL,
    owner           TEXT NOT NULL,
    name            TEXT NOT NULL,
    value           BYTEA NOT NULL,
    expires_at_ms   BIGINT,
    PRIMARY KEY (organization_id, plugin, owner, name)
);
