"""An attacker from outside: it has the documents, contracts and tokens, and nothing of the product's own reckoning."""
