"""How an agreement comes into force, and who stands by it."""
