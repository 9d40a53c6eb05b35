"""How a contract can turn figures into money: a module a kind. `gateway.outcomes.kinds` lists them."""
