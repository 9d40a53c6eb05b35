"""The HTTP API: OAuth 2.0 client credentials in, attestations and the access log out."""
