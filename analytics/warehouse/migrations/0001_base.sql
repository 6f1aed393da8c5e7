-- The store's own tables. Times are UTC. Records live in one table a ledger, made from its declaration.
CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    applied_at TIMESTAMP NOT NULL
);

-- One row: store_id tells stores apart; change_no grows with everything readers could see;
-- next_version numbers record versions over all ledgers.
CREATE TABLE meta (
    store_id VARCHAR NOT NULL,
    change_no BIGINT NOT NULL,
    next_seq BIGINT NOT NULL,
    next_version BIGINT NOT NULL,
    declaration_hash VARCHAR NOT NULL
);
INSERT INTO meta VALUES (replace(uuid()::VARCHAR, '-', ''), 0, 1, 1, '');

CREATE TABLE uploads (
    upload_id VARCHAR PRIMARY KEY,
    seq BIGINT NOT NULL UNIQUE,
    sha256 VARCHAR NOT NULL,
    file_name VARCHAR NOT NULL,
    reporting_unit VARCHAR,
    period VARCHAR,
    mode VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL,
    created_by VARCHAR NOT NULL,
    revoked_at TIMESTAMP,
    revoked_by VARCHAR,
    revoked_reason VARCHAR,
    ledgers VARCHAR NOT NULL,
    rows_read BIGINT NOT NULL,
    rows_loaded BIGINT NOT NULL,
    rows_quarantined BIGINT NOT NULL,
    rows_new BIGINT NOT NULL,
    rows_changed BIGINT NOT NULL,
    rows_unchanged BIGINT NOT NULL,
    rows_removed BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    warnings BIGINT NOT NULL,
    options VARCHAR NOT NULL,
    options_hash VARCHAR NOT NULL,
    profiles_hash VARCHAR NOT NULL,
    fingerprints VARCHAR NOT NULL,
    report VARCHAR NOT NULL
);

CREATE TABLE findings (
    upload_id VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    ordinal INTEGER NOT NULL,
    ledger VARCHAR,
    code VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    sheet VARCHAR,
    cell VARCHAR,
    "row" INTEGER,
    field VARCHAR,
    raw VARCHAR,
    message VARCHAR NOT NULL,
    hint VARCHAR NOT NULL
);

CREATE TABLE quarantine (
    upload_id VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    ordinal INTEGER NOT NULL,
    ledger VARCHAR NOT NULL,
    sheet VARCHAR NOT NULL,
    "row" INTEGER NOT NULL,
    cells VARCHAR NOT NULL
);

-- A person's confirmed mapping of one header shape: header path -> field, as JSON.
CREATE TABLE profiles (
    fingerprint VARCHAR PRIMARY KEY,
    ledger VARCHAR,
    mapping VARCHAR NOT NULL,
    confirmed_at TIMESTAMP NOT NULL,
    confirmed_by VARCHAR NOT NULL
);

-- When each part that is published last changed. The year is NULL for records without a day.
CREATE TABLE partitions (
    ledger VARCHAR NOT NULL,
    "year" INTEGER,
    change_no BIGINT NOT NULL
);
