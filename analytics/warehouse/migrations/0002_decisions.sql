-- What the data steward decided about an estimate or a suspected duplicate. Nothing is changed but the mark that a
-- decision was undone. An estimate is known by record, field and what was written; a pair by its two records.
CREATE TABLE decisions (
    decision_id VARCHAR PRIMARY KEY,
    seq BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    ledger VARCHAR NOT NULL,
    record_id VARCHAR NOT NULL,
    field VARCHAR,
    raw VARCHAR,
    other_id VARCHAR,
    value VARCHAR,
    reason VARCHAR NOT NULL,
    decided_at TIMESTAMP NOT NULL,
    decided_by VARCHAR NOT NULL,
    undone_at TIMESTAMP,
    undone_by VARCHAR
);

-- Cells that were put right in the preview of an upload: what stood there, what was put, by whom and when.
CREATE TABLE corrections (
    upload_id VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    ordinal INTEGER NOT NULL,
    ledger VARCHAR,
    sheet VARCHAR NOT NULL,
    "row" INTEGER,
    cell VARCHAR NOT NULL,
    field VARCHAR,
    old VARCHAR NOT NULL,
    new VARCHAR NOT NULL,
    corrected_by VARCHAR NOT NULL,
    corrected_at VARCHAR NOT NULL
);
