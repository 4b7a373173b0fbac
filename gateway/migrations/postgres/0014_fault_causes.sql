-- Why an inbox is faulty, by a code and its values as JSON, beside the words.
ALTER TABLE inboxes ADD COLUMN fault_cause TEXT;
