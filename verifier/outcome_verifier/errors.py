"""What a check can find, as one tree: a class per numbered step, with a stable code and an exit code.

VerificationError
├── BundleMalformed       step 1   the file is not an evidence bundle
├── TokenMalformed        step 2   the issuer-signed JWT is not a strict SD-JWT VC
├── SignatureInvalid      step 3   no trusted key signed it
├── SdDisclosureInvalid   step 4   a disclosure does not belong to it
├── ClaimsInvalid         step 5   a claim is missing, of the wrong type, or out of its time
├── ReceiptInvalid        step 6   the log does not hold it
├── SealInvalid           step 7   the denominator was not sealed as stated
├── StatusInvalid         step 8   the status token is not right, or the attestation was revoked
├── ContractMismatch      step 9   it was evaluated under another contract, or does not add up
├── AcceptanceInvalid     step 10  not every party accepted exactly this contract under this trust anchor
└── AuditInvalid          step 11  a countersignature is not genuine, or is by somebody who is not independent
TrustInvalid              no step  the trust file cannot be used
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReplacedBy:
    """The attestation that replaced another, and the signed difference between them (new minus old)."""

    jti: str
    seq: int
    issued_at: int  # Unix seconds
    difference: Mapping[str, int]


# what a key that is younger than the reader's trust file is refused with, as well as one that is nobody's
_KEY_REASONS = frozenset(
    {
        "the token was signed with a key that the trust file does not hold",
        "the attestation names a log that the trust file does not hold",
        "the key was not valid at the logged time",
        "no trusted key signed the status list",
        "the key was not valid when the status list was issued",
        "the issuer accepts the contract with a key that the trust file does not hold",
        "the issuer's key was not valid when it accepted the contract",
    }
)


class VerificationError(Exception):
    """A check failed. `step` is its number, `exit_code` is 10 + step.

    `may_need_newer_trust` says that this has two causes: what is checked is not genuine, or the trust file is older
    than the key. After a rotation a newer one has the same fingerprint.
    """

    code = "verification-failed"
    step = 0

    @property
    def exit_code(self) -> int:
        return 10 + self.step

    @property
    def may_need_newer_trust(self) -> bool:
        return str(self) in _KEY_REASONS


class BundleMalformed(VerificationError):
    code = "bundle-malformed"
    step = 1


class TokenMalformed(VerificationError):
    code = "token-malformed"
    step = 2


class SignatureInvalid(VerificationError):
    code = "signature-invalid"
    step = 3


class SdDisclosureInvalid(VerificationError):
    code = "sd-disclosure-invalid"
    step = 4


class ClaimsInvalid(VerificationError):
    code = "claims-invalid"
    step = 5


class ReceiptInvalid(VerificationError):
    code = "receipt-invalid"
    step = 6


class SealInvalid(VerificationError):
    code = "seal-invalid"
    step = 7


class StatusInvalid(VerificationError):
    """`successor` is the attestation that replaced this one, where the bundle holds a genuine one."""

    code = "status-invalid"
    step = 8

    def __init__(self, reason: str, *, successor: ReplacedBy | None = None) -> None:
        self.successor = successor
        super().__init__(reason)


class ContractMismatch(VerificationError):
    code = "contract-mismatch"
    step = 9


class AcceptanceInvalid(VerificationError):
    code = "acceptance-invalid"
    step = 10


class AuditInvalid(VerificationError):
    code = "audit-invalid"
    step = 11


class TrustInvalid(Exception):
    """The trust file cannot be used: nothing was checked."""

    code = "trust-invalid"
    exit_code = 3
