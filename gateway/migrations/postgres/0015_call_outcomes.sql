-- How calls ended, in a word, for whoever looks for one kind of them. The words and their conditions are those of store/call/list.rs.
CREATE INDEX calls_outcome ON calls (organization_id, (
    CASE WHEN ended_at_ms IS NULL THEN 'going_on'
    WHEN queue IS NOT NULL AND agent_id IS NULL AND answered_at_ms IS NOT NULL AND ended_by IN ('caller', 'callee') THEN 'gave_up'
    WHEN answered_at_ms IS NOT NULL AND (queue IS NULL OR agent_id IS NOT NULL) THEN 'answered'
    WHEN end_reason IN ('no_answer', 'caller_cancelled') THEN 'not_answered'
    WHEN end_reason = 'busy' THEN 'busy'
    WHEN end_reason = 'declined' THEN 'declined'
    ELSE 'failed' END
), id);
