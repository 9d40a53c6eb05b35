"""The database of one installation: tables, transactions, Merkle logs and named reads."""
