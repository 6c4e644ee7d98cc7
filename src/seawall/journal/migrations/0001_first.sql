-- The record: one contiguous stream of events for each account. event_data is the event as JSON, amounts as strings.
CREATE TABLE events (
    account    TEXT    NOT NULL,
    seq        INTEGER NOT NULL CHECK (seq > 0),
    epoch      INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    created_at TEXT    NOT NULL,
    event_type TEXT    NOT NULL,
    event_data TEXT    NOT NULL CHECK (json_valid(event_data)),
    signal_id  TEXT    NOT NULL,
    venue      TEXT    NOT NULL,
    symbol     TEXT    NOT NULL,
    order_id   TEXT    NOT NULL,
    UNIQUE (account, seq)
) STRICT;

CREATE INDEX events_by_signal ON events (signal_id, account, seq) WHERE signal_id <> '';

-- What the monitoring query counts; small, since failures are rare.
CREATE INDEX events_of_failure ON events (created_at)
    WHERE event_type IN ('position_error', 'signal_execution_failed');

-- The permanent key against doing a signal twice, whatever account it names.
CREATE TABLE signals (
    signal_id TEXT    NOT NULL PRIMARY KEY,
    account   TEXT    NOT NULL,
    digest    TEXT    NOT NULL,
    seq       INTEGER NOT NULL,
    state     TEXT    NOT NULL
) STRICT;

-- The position record. An id is never given twice in one file.
CREATE TABLE positions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account      TEXT    NOT NULL,
    signal_id    TEXT    NOT NULL,
    venue        TEXT    NOT NULL,
    symbol       TEXT    NOT NULL,
    side         TEXT    NOT NULL,
    quantity     TEXT    NOT NULL,
    average      TEXT,
    "trigger"    TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    opened_at    INTEGER NOT NULL,
    protected_at INTEGER NOT NULL,
    closed_at    INTEGER NOT NULL,
    reason       TEXT    NOT NULL,
    UNIQUE (account, signal_id)
) STRICT;
