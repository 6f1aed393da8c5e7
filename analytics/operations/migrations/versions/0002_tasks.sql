-- Files sent through the browser, each with what is to be done with it next and what became of it.
-- "open" is the sender and the bytes while the file is on the desk: the same person's same file is there once.
CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    open TEXT UNIQUE,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    counties TEXT,
    ledgers TEXT,
    discipline INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    file_name TEXT NOT NULL,
    size INTEGER NOT NULL,
    options TEXT NOT NULL,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '',
    report TEXT,
    upload_id TEXT,
    actor TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL
);
CREATE INDEX tasks_state ON tasks (state, changed_at);
CREATE INDEX tasks_login ON tasks (login, created_at);
