-- In which Interactions somebody had a part: they stand in his history.
CREATE INDEX interaction_events_assigned ON interaction_events (organization_id, user_id, interaction_id) WHERE kind = 'assigned';
