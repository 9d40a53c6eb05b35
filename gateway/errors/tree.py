"""Everything that can go wrong, as one tree; `gateway.errors.table` maps it to exit codes and RFC 9457 problems.

    GatewayError
    ├── NotFound
    │   ├── ContractUnknown · WindowUnknown · SourceUnknown · SigningKeyUnknown · RevisionUnknown
    │   ├── OrganisationUnknown · ClientUnknown · ProposalUnknown · AdviceUnknown
    │   ├── DecisionUnknown
    ├── Refused                  understood, and not done
    │   ├── EnrolmentRefused · CohortAlreadySealed · ProgrammeMismatch · AmendmentRefused
    │   ├── FileOverlaps · ClientKeyRefused · NothingToCorrect · ReleaseInterrupted
    │   ├── WindowOutOfOrder · SourcesIncomplete · DraftRefused
    │   ├── ChangeNeedsApproval
    ├── AlreadyInstalled · NotInstalled · UnsafeForProduction · UnsafeDirectory
    ├── NoActiveKey · KeyFileInvalid · OutputUnwritable · CannotListen
    ├── Unauthenticated · ClientInvalid
    ├── LogCorrupt · CheckpointMismatch
    └── Broken                   an invariant of the installation does not hold: nothing was changed
        ├── UnauditedWrite · ClockWentBack · StoreBusy · StoreFull · StoreUnreachable · SchemaOutdated · StatusListFull

`gateway.errors.signer` adds to it. The other rooms have trees of their own, below no root of ours, since they may not
import the gateway: `connectors.errors`, `keys.errors`, `policies.errors`, `outcome_verifier.errors`. Every class in all
of them has a stable `code`; `gateway.errors.table` maps them by that code. No message ever holds a personal value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

_LISTED_LINES = 20  # of a refused list; the counts of the reasons are whole


class GatewayError(Exception):
    """The root: a stable `code`, and a message that says what happened, where, and what to do."""

    code = "gateway-error"


class NotFound(GatewayError):
    """Something that was named does not exist here; `message` says what, from the names it was asked by."""

    code = "not-found"
    message = ""

    def __init__(self, **names: object) -> None:
        super().__init__(self.message.format(**names))


class ContractUnknown(NotFound):
    code = "contract-unknown"
    message = "no contract {contract!r} is in force here; `gateway contract list` shows those that are"


class WindowUnknown(NotFound):
    code = "window-unknown"
    message = "contract {contract!r} declares no window {window!r}"


class SourceUnknown(NotFound):
    code = "source-unknown"
    message = "no source {source!r} is declared; `gateway contract source FILE` declares one"


class OrganisationUnknown(NotFound):
    code = "organisation-unknown"
    message = "no contract in force names {organisation!r} as {role}; those named are: {listed}"

    def __init__(self, *, organisation: str, role: str, known: Iterable[str]) -> None:
        listed = ", ".join(sorted(known)) or "none yet; `gateway contract add` comes first"
        super().__init__(organisation=organisation, role=role, listed=listed)


class ClientUnknown(NotFound):
    code = "client-unknown"
    message = "no client {client!r} is registered; `gateway keys clients` shows those that are"


class ProposalUnknown(NotFound):
    code = "proposal-unknown"
    message = "no proposal {proposal!r} is open; `gateway contract proposals` shows those that are"


class AdviceUnknown(NotFound):
    code = "advice-unknown"
    message = "no advice {advice!r} waits for an answer; `gateway advice list` shows what does"


class DecisionUnknown(NotFound):
    code = "decision-unknown"
    message = "no decision {decision!r} is stored here; `gateway log show` names them"


class Refused(GatewayError):
    code = "refused"


class ChangeNeedsApproval(Refused):
    code = "change-needs-approval"

    def __init__(self, *, contract: str) -> None:
        super().__init__(
            f"another version of {contract!r} is in force: propose the change with `gateway contract propose`, and let"
            " a second person approve it"
        )


class EnrolmentRefused(Refused):
    code = "enrolment-refused"

    def __init__(
        self,
        *,
        contract: str,
        batch: str,
        reasons: Mapping[str, int],
        file: str = "",
        lines: Sequence[tuple[int, str]] = (),
    ) -> None:
        self.reasons, self.lines = dict(reasons), tuple(lines)
        listed = ", ".join(f"{reason}: {count}" for reason, count in sorted(reasons.items()))
        shown = ", ".join(f"line {line} {reason}" for line, reason in self.lines[:_LISTED_LINES])
        more = f", and {len(self.lines) - _LISTED_LINES} more" if len(self.lines) > _LISTED_LINES else ""
        where = f"; {file}: {shown}{more}" if shown else ""
        super().__init__(
            f"batch {batch!r} of {contract!r} was not sealed and nothing was stored ({listed}{where}); mend the list"
            " and enrol again"
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


class ClientKeyRefused(Refused):
    code = "client-key-refused"

    def __init__(self, *, client: str, reason: str) -> None:
        super().__init__(f"client {client!r} was not registered: the key {reason}; ask for a new key of its own")


class WindowOutOfOrder(Refused):
    code = "window-out-of-order"

    def __init__(self, *, window: str, other: str, reason: str) -> None:
        super().__init__(
            f"what {window!r} is worth builds on the payment documents before it: that of {other!r} {reason}"
        )


class RevisionUnknown(NotFound):
    code = "revision-unknown"
    message = "window {window!r} has no revision {revision} of this attestation"


class NothingToCorrect(Refused):
    code = "nothing-to-correct"

    def __init__(self, *, contract: str, window: str) -> None:
        super().__init__(f"with what is known now no attestation of {contract!r} {window!r} would show another figure")


class ReleaseInterrupted(Refused):
    code = "release-interrupted"

    def __init__(self, *, contract: str, window: str, template: str) -> None:
        super().__init__(
            f"a release of {contract!r} {window!r} ({template}) was interrupted; run `gateway release` for it once more"
            " first"
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
    message = "no signing key {kid!r} is known here; `gateway keys list` shows those that are"


class KeyFileInvalid(GatewayError):
    code = "key-file-invalid"

    def __init__(self, *, file: str, reason: str) -> None:
        super().__init__(f"{file} {reason}")


class UnsafeForProduction(GatewayError):
    code = "unsafe-for-production"

    def __init__(self, *, reason: str, profile: str = "production") -> None:
        super().__init__(f"the {profile} profile does not start: {reason}")


class UnsafeDirectory(GatewayError):
    code = "unsafe-directory"

    def __init__(self, *, where: str) -> None:
        super().__init__(f"{where} holds files that no demo made; name another folder with --directory")


class OutputUnwritable(GatewayError):
    """A file or folder that was asked for cannot be written; `is_done` where the work behind it was done."""

    code = "output-unwritable"

    def __init__(self, *, where: str, reason: str, is_done: bool = False) -> None:
        what_now = "what was done is kept: run the command again" if is_done else "nothing was done"
        super().__init__(
            f"{where} cannot be written ({reason}); {what_now}, with a folder that exists and that you may write to"
        )


class CannotListen(GatewayError):
    code = "cannot-listen"

    def __init__(self, *, address: str, reason: str) -> None:
        super().__init__(f"nothing was started: {address} cannot be listened on ({reason}); choose another --port")


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


class StoreFull(Broken):
    code = "store-full"

    def __init__(self) -> None:
        super().__init__("the database has no room left; nothing was changed, make room and run again")


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
