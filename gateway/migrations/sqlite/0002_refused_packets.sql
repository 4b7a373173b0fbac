-- What strangers sent to the ports of a leg; NULL in legs of before.
ALTER TABLE legs ADD COLUMN wrong_source_packets BIGINT;
ALTER TABLE legs ADD COLUMN unauthentic_packets BIGINT;
