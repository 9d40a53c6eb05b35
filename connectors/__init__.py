"""Registers in, rows without a CPR number out. The only place where a raw row exists, and only in memory."""
