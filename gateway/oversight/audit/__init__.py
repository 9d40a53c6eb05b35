"""An audit: an appointed auditor samples the people behind an attestation, looks at their source rows on municipal
premises, says of each what was found, and countersigns.

The road is `sampling`, `showing`, `findings`, `countersigning`, in that order; docs/audit.md says who sees what.
"""
