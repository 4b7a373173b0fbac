-- The queue that a call waited in last, by name, and the agent of a queue who took it last.
ALTER TABLE calls ADD COLUMN queue TEXT;
ALTER TABLE calls ADD COLUMN agent_id BIGINT;

CREATE INDEX interactions_call ON interactions (organization_id, call_id) WHERE call_id IS NOT NULL;
