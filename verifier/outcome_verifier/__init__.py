"""Checks an outcome attestation offline. `outcome_verifier.verify.verify_bundle` is the one entry point.

Specifications: RFC 9901 (SD-JWT), draft-ietf-oauth-sd-jwt-vc-25, draft-ietf-oauth-status-list-21, RFC 6962 §2.1,
C2SP signed-note v1.0.0, tlog-checkpoint v1.0.0 and tlog-proof v1.
"""
