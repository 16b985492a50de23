-- +goose Up
CREATE TABLE accounts (
    id      TEXT PRIMARY KEY,
    balance BIGINT NOT NULL CHECK (balance >= 0 OR id = 'mint')
);

-- The primary key and the unique hash before it make a fork impossible, whoever writes.
CREATE TABLE blocks (
    height BIGINT PRIMARY KEY CHECK (height > 0),
    prev   BLOB   NOT NULL UNIQUE,
    time   BIGINT NOT NULL, -- all times are microseconds since 1970
    token  BIGINT NOT NULL,
    count  BIGINT NOT NULL CHECK (count > 0),
    root   BLOB   NOT NULL,
    hash   BLOB   NOT NULL UNIQUE
);

-- A transfer is refused if refusal says why, and pending as long as it has no height. Its
-- order within a block is that of seq.
CREATE TABLE transfers (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    key     TEXT   NOT NULL UNIQUE,
    payer   TEXT   NOT NULL,
    payee   TEXT   NOT NULL,
    amount  BIGINT NOT NULL CHECK (amount > 0),
    time    BIGINT NOT NULL,
    height  BIGINT,
    refusal TEXT   NOT NULL DEFAULT '' CHECK (refusal = '' OR height IS NULL)
);
CREATE INDEX transfers_height ON transfers (height, seq);
CREATE INDEX transfers_pending ON transfers (seq) WHERE height IS NULL AND refusal = '';

-- One row each.
CREATE TABLE fence (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    token BIGINT NOT NULL -- the greatest that has sealed
);
INSERT INTO fence (id, token) VALUES (1, 0);
CREATE TABLE genesis (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    digest BLOB   NOT NULL, -- of the accounts
    time   BIGINT NOT NULL
);

-- +goose Down
DROP TABLE genesis;
DROP TABLE fence;
DROP TABLE transfers;
DROP TABLE blocks;
DROP TABLE accounts;
