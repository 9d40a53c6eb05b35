"""One controller, one database, one key store: settings, the policy that is asked, clients and keys."""
