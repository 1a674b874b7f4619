-- One request for many steps, perhaps of several runs: recorded once, and with its steps in one transaction.
CREATE TABLE batches (
    id          TEXT PRIMARY KEY,
    document    BLOB NOT NULL,
    receipt     TEXT,
    intended_at TEXT NOT NULL
) STRICT;

-- The batch whose document and receipt are this step's.
ALTER TABLE effects ADD COLUMN batch TEXT REFERENCES batches (id);

-- Who else is at a step.
CREATE INDEX effects_pending ON effects (step, key) WHERE state = 'pending';
