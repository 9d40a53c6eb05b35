"""From a window that has ended to a signed attestation, and its correction."""
