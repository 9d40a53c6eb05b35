"""The gateway: use cases, store, HTTP API and command line over connectors, keys and policies."""
