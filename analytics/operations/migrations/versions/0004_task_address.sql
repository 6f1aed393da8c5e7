-- Where somebody was who confirmed a file or took it back, for the audit's line that is written once it is done.
ALTER TABLE tasks ADD COLUMN address TEXT;
