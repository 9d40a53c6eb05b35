"""What is signed: the claims of an attestation, the status list, and the evidence bundle."""
