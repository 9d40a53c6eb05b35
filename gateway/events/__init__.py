"""What the access log tells, a module a topic."""
