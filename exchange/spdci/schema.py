"""The standard's tables in service.sqlite."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS standard_messages (
    caller TEXT NOT NULL, message_id TEXT NOT NULL, seen_at REAL NOT NULL, PRIMARY KEY (caller, message_id)
);
CREATE INDEX IF NOT EXISTS standard_messages_seen ON standard_messages (seen_at);
CREATE TABLE IF NOT EXISTS standard_transactions (
    correlation_id TEXT PRIMARY KEY, caller TEXT NOT NULL, action TEXT NOT NULL, transaction_id TEXT NOT NULL,
    receiver_id TEXT, url TEXT, asked TEXT NOT NULL, answered TEXT, accepted_at TEXT NOT NULL, due REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS standard_transactions_ids ON standard_transactions (caller, action, transaction_id);
CREATE INDEX IF NOT EXISTS standard_transactions_accepted ON standard_transactions (accepted_at);
CREATE INDEX IF NOT EXISTS standard_transactions_waiting ON standard_transactions (accepted_at) WHERE answered IS NULL;
CREATE TABLE IF NOT EXISTS standard_references (
    correlation_id TEXT NOT NULL REFERENCES standard_transactions ON DELETE CASCADE, reference_id TEXT NOT NULL,
    PRIMARY KEY (reference_id, correlation_id)
);
CREATE INDEX IF NOT EXISTS standard_references_of ON standard_references (correlation_id);
CREATE TABLE IF NOT EXISTS standard_deliveries (
    delivery_id TEXT PRIMARY KEY, caller TEXT NOT NULL, receiver_id TEXT, url TEXT NOT NULL, action TEXT NOT NULL,
    status TEXT NOT NULL, message TEXT NOT NULL, attempts INTEGER NOT NULL, due REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS standard_deliveries_due ON standard_deliveries (attempts, due);
CREATE TABLE IF NOT EXISTS standard_subscriptions (
    code TEXT PRIMARY KEY, caller TEXT NOT NULL, receiver_id TEXT, transaction_id TEXT NOT NULL,
    reference_id TEXT NOT NULL, event TEXT NOT NULL, record_type TEXT NOT NULL, person TEXT NOT NULL, programme TEXT,
    purpose TEXT NOT NULL, locale TEXT, starts_at TEXT, ends_at TEXT,
    made_at TEXT NOT NULL, ended_at TEXT, state TEXT, version TEXT
);
CREATE INDEX IF NOT EXISTS standard_subscriptions_callers ON standard_subscriptions (caller, person, event)
WHERE ended_at IS NULL;
CREATE INDEX IF NOT EXISTS standard_subscriptions_ends ON standard_subscriptions (ends_at)
WHERE ended_at IS NULL AND ends_at IS NOT NULL;
"""
