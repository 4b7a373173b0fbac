-- How long customers have waited, all times together: what follows a transfer is no talk. Of those before only the first time is known.
ALTER TABLE interactions ADD COLUMN waited_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE interactions ADD COLUMN waiting_since_ms BIGINT;
UPDATE interactions SET waited_ms = COALESCE(answered_at_ms, ended_at_ms, closed_at_ms) - started_at_ms
    WHERE queue_id IS NOT NULL AND direction = 'inbound' AND COALESCE(answered_at_ms, ended_at_ms, closed_at_ms) > started_at_ms;
UPDATE interactions SET waiting_since_ms = started_at_ms, waited_ms = 0 WHERE state = 'waiting';
