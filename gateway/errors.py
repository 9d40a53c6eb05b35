"""Everything that can go wrong, as one tree; mapped once to exit codes and once to RFC 9457 problems.

    GatewayError
    ├── NotFound
    │   ├── ContractUnknown · WindowUnknown · SourceUnknown · SigningKeyUnknown · RevisionUnknown
    ├── Refused                  understood, and not done
    │   ├── EnrolmentRefused · CohortAlreadySealed · ProgrammeMismatch · AmendmentRefused
    │   ├── FileOverlaps · NothingToCorrect · ReleaseInterrupted
    │   ├── WindowOutOfOrder · SourcesIncomplete · DraftRefused
    ├── AlreadyInstalled · NotInstalled · UnsafeForProduction · UnsafeDirectory
    ├── NoActiveKey · KeyFileInvalid
    ├── Unauthenticated · ClientInvalid
    ├── LogCorrupt · CheckpointMismatch
    └── Broken                   an invariant of the installation does not hold: nothing was changed
        ├── UnauditedWrite · ClockWentBack · StoreBusy · StoreUnreachable · SchemaOutdated · StatusListFull

The other rooms have trees of their own, below no root of ours, since they may not import the gateway:
`connectors.errors`, `keys.errors`, `policies.errors`, `outcome_verifier.errors`. Every class in all of them
has a stable `code`; the tables here map them by that code. No message ever holds a personal value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class GatewayError(Exception):
    """The root: a stable `code`, and a message that says what happened, where, and what to do."""

    code = "gateway-error"


class NotFound(GatewayError):
    code = "not-found"


class ContractUnknown(NotFound):
    code = "contract-unknown"

    def __init__(self, *, contract: str) -> None:
        super().__init__(f"no contract {contract!r} is in force here; `gateway contract list` shows those that are")


class WindowUnknown(NotFound):
    code = "window-unknown"

    def __init__(self, *, contract: str, window: str) -> None:
        super().__init__(f"contract {contract!r} declares no window {window!r}")


class SourceUnknown(NotFound):
    code = "source-unknown"

    def __init__(self, *, source: str) -> None:
        super().__init__(f"no source {source!r} is declared; `gateway contract source FILE` declares one")


class Refused(GatewayError):
    code = "refused"


class EnrolmentRefused(Refused):
    code = "enrolment-refused"

    def __init__(self, *, contract: str, batch: str, reasons: Mapping[str, int]) -> None:
        self.reasons = dict(reasons)
        listed = ", ".join(f"{reason}: {count}" for reason, count in sorted(reasons.items()))
        super().__init__(
            f"batch {batch!r} of {contract!r} was not sealed and nothing was stored ({listed}); mend the list and"
            " enrol again"
        )


class CohortAlreadySealed(Refused):
    code = "cohort-already-sealed"

    def __init__(self, *, contract: str, batch: str) -> None:
        super().__init__(f"batch {batch!r} of {contract!r} is sealed: its membership never changes")


class ProgrammeMismatch(Refused):
    code = "programme-mismatch"

    def __init__(self, *, contract: str, reason: str) -> None:
        super().__init__(f"contract {contract!r} was not put into force: {reason}")


class AmendmentRefused(Refused):
    """A later version of a contract changes what it may not; `part` is the contract file's key."""

    code = "amendment-refused"

    def __init__(self, *, file: str, part: str, reason: str) -> None:
        self.part = part
        super().__init__(f"{file} was not put into force: {part} {reason}")


class FileOverlaps(Refused):
    code = "file-overlaps"

    def __init__(self, *, file: str, other: str) -> None:
        super().__init__(
            f"{file} covers some of the months of {other}, which was pulled before, and not all of them; a file that"
            " replaces another must cover all its months; nothing was stored from this file"
        )


class WindowOutOfOrder(Refused):
    code = "window-out-of-order"

    def __init__(self, *, window: str, other: str, reason: str) -> None:
        super().__init__(
            f"what {window!r} is worth builds on the payment documents before it: that of {other!r} {reason}"
        )


class RevisionUnknown(NotFound):
    code = "revision-unknown"

    def __init__(self, *, window: str, revision: int) -> None:
        super().__init__(f"window {window!r} has no revision {revision} of this attestation")


class NothingToCorrect(Refused):
    code = "nothing-to-correct"

    def __init__(self, *, contract: str, window: str) -> None:
        super().__init__(
            f"no attestation of {contract!r} {window!r} would show another figure with what is known now; nothing was"
            " changed"
        )


class ReleaseInterrupted(Refused):
    code = "release-interrupted"

    def __init__(self, *, contract: str, window: str, template: str) -> None:
        super().__init__(
            f"a release of {contract!r} {window!r} ({template}) was interrupted; run `gateway release` once more and"
            " correct then"
        )


class SourcesIncomplete(Refused):
    code = "sources-incomplete"

    def __init__(self, *, contract: str, week: str, complete: str) -> None:
        super().__init__(
            f"the sources of {contract!r} are not complete to {week} ({complete}); pull the missing files first"
        )


class DraftRefused(Refused):
    code = "draft-refused"

    def __init__(self, *, rule: str, reason: str) -> None:
        self.rule = rule
        super().__init__(f"the draft was not signed (rule {rule}): {reason}")


class AlreadyInstalled(GatewayError):
    code = "already-installed"

    def __init__(self, *, where: str) -> None:
        super().__init__(f"{where} already holds an installation of another name; choose another data directory")


class NotInstalled(GatewayError):
    code = "not-installed"

    def __init__(self, *, where: str) -> None:
        super().__init__(f"{where} holds no installation; run `gateway init`")


class NoActiveKey(GatewayError):
    code = "no-active-key"

    def __init__(self) -> None:
        super().__init__(
            "no signing key is active, so nothing is signed; `gateway keys add` and `gateway keys activate`"
        )


class SigningKeyUnknown(NotFound):
    code = "signing-key-unknown"

    def __init__(self, *, kid: str) -> None:
        super().__init__(f"no signing key {kid!r} is known here; `gateway keys list` shows those that are")


class KeyFileInvalid(GatewayError):
    code = "key-file-invalid"

    def __init__(self, *, file: str, reason: str) -> None:
        super().__init__(f"{file} {reason}")


class UnsafeForProduction(GatewayError):
    code = "unsafe-for-production"

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"the production profile does not start: {reason}")


class UnsafeDirectory(GatewayError):
    code = "unsafe-directory"

    def __init__(self, *, where: str) -> None:
        super().__init__(f"{where} holds files that no demo made; name another folder with --directory")


class Unauthenticated(GatewayError):
    code = "unauthenticated"

    def __init__(self, *, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class ClientInvalid(GatewayError):
    code = "client-invalid"

    def __init__(self, *, file: str, reason: str) -> None:
        super().__init__(f"{file} {reason}")


class LogCorrupt(GatewayError):
    """A log does not add up; `index` is the first entry that is changed, missing or out of place."""

    code = "log-corrupt"

    def __init__(self, *, log: str, index: int, what: str) -> None:
        self.log, self.index, self.what = log, index, what
        super().__init__(f"log {log!r}, entry {index}: {what}")


class CheckpointMismatch(GatewayError):
    code = "checkpoint-mismatch"

    def __init__(self, *, log: str, size: int, reason: str) -> None:
        super().__init__(f"log {log!r} is not the one whose checkpoint of size {size} was kept: {reason}")


class Broken(GatewayError):
    code = "broken"


class UnauditedWrite(Broken):
    code = "unaudited-write"

    def __init__(self) -> None:
        super().__init__("a transaction wrote rows and recorded no event; it was rolled back")


class ClockWentBack(Broken):
    code = "clock-went-back"

    def __init__(self) -> None:
        super().__init__("the clock stands before the newest log entry; set the machine's clock and run again")


class StoreBusy(Broken):
    code = "store-busy"

    def __init__(self) -> None:
        super().__init__("another command has held the database for too long; nothing was changed, run again")


class StoreUnreachable(Broken):
    code = "store-unreachable"

    def __init__(self) -> None:
        super().__init__("the database does not answer; check GATEWAY_DATABASE_URL and that the server runs")


class SchemaOutdated(Broken):
    code = "schema-outdated"

    def __init__(self, *, found: str, wanted: str) -> None:
        super().__init__(f"the database is at schema {found}, this version needs {wanted}; run `gateway init`")


class StatusListFull(Broken):
    code = "status-list-full"

    def __init__(self) -> None:
        super().__init__("nine tenths of the status list are in use")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an error shows outside: an exit code on the command line, a status and title over HTTP."""

    exit_code: int
    status: int
    title: str


_OUTCOMES: dict[str, Outcome] = {
    "gateway-error": Outcome(1, 500, "Internal error"),
    "declaration-invalid": Outcome(3, 422, "The file cannot be understood"),
    "connector-error": Outcome(3, 422, "The file cannot be used"),
    "file-unreadable": Outcome(3, 422, "The file cannot be read"),
    "header-mismatch": Outcome(3, 422, "The file's header is another one"),
    "file-truncated": Outcome(3, 422, "The file is cut off"),
    "file-not-needed": Outcome(3, 422, "The file is not needed"),
    "file-name-mismatch": Outcome(3, 422, "The file's name is another one"),
    "programme-invalid": Outcome(3, 422, "The programme cannot be understood"),
    "keys-error": Outcome(6, 503, "The key store cannot be used"),
    "invalid-cpr": Outcome(3, 422, "Not a CPR number"),
    "key-store-locked": Outcome(6, 503, "The key store is locked"),
    "key-store-unsafe": Outcome(6, 503, "The key store is open to others"),
    "key-unknown": Outcome(6, 503, "A key is missing"),
    "vault-corrupt": Outcome(10, 503, "The vault does not open"),
    "not-found": Outcome(4, 404, "Not found"),
    "contract-unknown": Outcome(4, 404, "No such contract"),
    "window-unknown": Outcome(4, 404, "No such window"),
    "source-unknown": Outcome(4, 404, "No such source"),
    "refused": Outcome(5, 409, "Refused"),
    "enrolment-refused": Outcome(5, 409, "The enrolment was refused"),
    "cohort-already-sealed": Outcome(5, 409, "The batch is sealed"),
    "programme-mismatch": Outcome(5, 409, "Contract and programme do not fit"),
    "amendment-refused": Outcome(5, 409, "The version changes what it may not"),
    "file-overlaps": Outcome(5, 409, "The file replaces only a part"),
    "window-out-of-order": Outcome(5, 409, "An earlier window comes first"),
    "revision-unknown": Outcome(4, 404, "No such revision"),
    "nothing-to-correct": Outcome(5, 409, "Nothing differs"),
    "release-interrupted": Outcome(5, 409, "A release is unfinished"),
    "sources-incomplete": Outcome(5, 409, "The sources are not complete"),
    "policies-error": Outcome(8, 500, "The policy cannot be used"),
    "policy-set-invalid": Outcome(8, 500, "The policy set cannot be used"),
    "disclosure-invalid": Outcome(8, 500, "Disclosure control does not apply"),
    "draft-refused": Outcome(5, 409, "The draft breaks a rule"),
    "already-installed": Outcome(6, 409, "Installed already"),
    "not-installed": Outcome(6, 503, "Not installed"),
    "no-active-key": Outcome(6, 503, "No key signs"),
    "signing-key-unknown": Outcome(4, 404, "No such key"),
    "key-file-invalid": Outcome(3, 422, "The key cannot be used"),
    "transition-refused": Outcome(5, 409, "The key's state does not allow it"),
    "signer-unavailable": Outcome(6, 503, "The signer does not answer"),
    "unsafe-for-production": Outcome(6, 503, "Unsafe for production"),
    "unsafe-directory": Outcome(6, 409, "The folder is in use"),
    "unauthenticated": Outcome(7, 401, "Not authenticated"),
    "client-invalid": Outcome(3, 422, "The client's key cannot be used"),
    "policy-denied": Outcome(8, 403, "The policy does not allow it"),
    "log-corrupt": Outcome(9, 500, "The log does not add up"),
    "checkpoint-mismatch": Outcome(9, 500, "The log is another one"),
    "broken": Outcome(10, 503, "Out of order"),
    "unaudited-write": Outcome(10, 500, "Out of order"),
    "clock-went-back": Outcome(10, 503, "The clock went back"),
    "store-busy": Outcome(10, 503, "Busy"),
    "store-unreachable": Outcome(10, 503, "The database does not answer"),
    "schema-outdated": Outcome(10, 503, "The database is of another version"),
    "status-list-full": Outcome(10, 503, "Out of order"),
    # what the verifier refuses: here it is our own bundle, checked before it is handed out (invariant 8)
    **dict.fromkeys(
        (
            "verification-failed",
            "bundle-malformed",
            "token-malformed",
            "trust-invalid",
            "signature-invalid",
            "claims-invalid",
            "sd-disclosure-invalid",
            "receipt-invalid",
            "seal-invalid",
            "status-invalid",
            "contract-mismatch",
        ),
        Outcome(10, 500, "The attestation does not verify"),
    ),
}


def outcome(error: BaseException) -> Outcome | None:
    """How this error shows outside, or None for an error that is not in any of our trees."""
    code = getattr(type(error), "code", None)
    return _OUTCOMES.get(code) if isinstance(code, str) else None


def known_codes() -> frozenset[str]:
    """Every code that has its place in the table."""
    return frozenset(_OUTCOMES)
