-- Whether nothing was ever heard of this party while the other one was; NULL in legs of before.
ALTER TABLE legs ADD COLUMN one_way BOOLEAN;
