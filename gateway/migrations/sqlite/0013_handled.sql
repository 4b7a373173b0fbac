-- What agents have done for an Interaction, all parts together. Of those before only the last part is known.
ALTER TABLE interactions ADD COLUMN handled_ms BIGINT NOT NULL DEFAULT 0;
UPDATE interactions SET handled_ms = closed_at_ms - assigned_at_ms
    WHERE state = 'closed' AND agent_id IS NOT NULL AND closed_at_ms > assigned_at_ms;
