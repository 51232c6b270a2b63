"""The ledger as a SQLite file: the default, which needs nothing but a disk."""
