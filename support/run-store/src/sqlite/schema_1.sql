-- Times are RFC 3339 in UTC with microseconds. JSON is text.

CREATE TABLE runs (
    run_id      TEXT PRIMARY KEY,
    flow        TEXT NOT NULL,
    params_hash TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'finished', 'failed')),
    report      TEXT,
    begun_at    TEXT NOT NULL,
    ended_at    TEXT,
    -- Grows by one whenever the run changes hands; every write names the number that it was given.
    fence       INTEGER NOT NULL,
    owner       TEXT,
    owner_host  TEXT,
    owner_pid   INTEGER,
    held_since  TEXT,
    expires     TEXT
) STRICT;

CREATE TABLE effects (
    run_id      TEXT NOT NULL REFERENCES runs (run_id),
    step        TEXT NOT NULL,
    key         TEXT NOT NULL,
    attempt     INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'done', 'failed')),
    -- The session that wrote the state.
    fence       INTEGER NOT NULL,
    document    BLOB NOT NULL,
    facts       TEXT NOT NULL,
    receipt     TEXT,
    outcome     TEXT,
    intended_at TEXT NOT NULL,
    settled_at  TEXT,
    PRIMARY KEY (run_id, step, key, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
    source_endpoint      TEXT NOT NULL,
    source_path          TEXT NOT NULL,
    destination_endpoint TEXT NOT NULL,
    destination_path     TEXT NOT NULL,
    run_id               TEXT NOT NULL,
    task_id              TEXT NOT NULL,
    delivered_at         TEXT NOT NULL,
    files                TEXT NOT NULL,
    PRIMARY KEY (source_endpoint, source_path, destination_endpoint, destination_path)
) STRICT;

CREATE TABLE controlled (
    id          INTEGER PRIMARY KEY,
    path        TEXT NOT NULL,
    reason      TEXT NOT NULL,
    run_id      TEXT,
    since       TEXT NOT NULL,
    lifted_at   TEXT,
    lift_reason TEXT
) STRICT;

-- A path is under control once; lifted records stay beside it.
CREATE UNIQUE INDEX controlled_path ON controlled (path) WHERE lifted_at IS NULL;

CREATE TABLE scheduled (
    id          TEXT PRIMARY KEY,
    key         TEXT NOT NULL UNIQUE,
    run_id      TEXT NOT NULL,
    flow        TEXT NOT NULL,
    parameters  TEXT NOT NULL,
    due         TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    tries       INTEGER NOT NULL,
    reason      TEXT,
    report      TEXT,
    created_at  TEXT NOT NULL,
    finished_at TEXT
) STRICT;

CREATE INDEX scheduled_due ON scheduled (due) WHERE state = 'open';

CREATE TABLE deletions (
    id         INTEGER PRIMARY KEY,
    endpoint   TEXT NOT NULL,
    path       TEXT NOT NULL,
    run_id     TEXT NOT NULL,
    deleted_at TEXT NOT NULL,
    evidence   TEXT NOT NULL
) STRICT;

CREATE INDEX deletions_path ON deletions (endpoint, path);
