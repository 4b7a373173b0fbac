-- Who ended an Interaction, and with what number its call was: its title becomes the contact's name.
ALTER TABLE interactions ADD COLUMN ended_by TEXT;
ALTER TABLE interactions ADD COLUMN number TEXT;
UPDATE interactions SET number = (SELECT CASE WHEN interactions.direction = 'outbound' THEN calls.callee ELSE calls.caller END
    FROM calls WHERE calls.id = interactions.call_id)
    WHERE call_id IS NOT NULL;
UPDATE interactions SET ended_by = 'customer' WHERE medium = 'chat' AND customer_state = 'ended';
