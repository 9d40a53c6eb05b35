"""What a contract can count of single people: a module a kind. `gateway.outcomes.kinds` lists them."""
