"""The SQLite file of a ledger or an outbox."""
