"""Everything that can go wrong, a module a topic, and how each error shows outside."""
