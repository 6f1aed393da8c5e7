-- Views of the dashboard that people keep by name: an address each.
CREATE TABLE views (
    person_id TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    kept_at TEXT NOT NULL,
    PRIMARY KEY (person_id, name)
);
