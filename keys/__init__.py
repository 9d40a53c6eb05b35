"""Secrets and the CPR type. Code only: key material never stands in the repository."""
