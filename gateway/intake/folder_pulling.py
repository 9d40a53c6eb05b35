"""Use case: a pull of everything that lies in a source's folder, on this machine or over SFTP.

A file is put away once every contract that reads the source has had it: until then it stays claimed, so that one
municipality's extract serves all of its contracts. Where a command dies, the next one takes the claimed files up again;
what was stored already changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from connectors import transports
from connectors.base import Progress, no_progress
from connectors.declaration import SourceDeclaration
from connectors.errors import FileNotNeeded, SourceUnavailable
from connectors.inbox import Left
from connectors.pull import check_is_a_kind_of_file
from connectors.reading import file_sha256
from connectors.transport import Clock, Secrets
from gateway.contracts.declarations import source
from gateway.errors.holds import PullRejected
from gateway.events.sources import FolderAuthorised, FolderFailed, SourceAnswersAgain
from gateway.installation.authority import deciding
from gateway.installation.gateway import Gateway
from gateway.intake.file_readers import waiting_for
from gateway.intake.pulling import PullReport, ask_to_pull, check_may_be_asked, note_reached, pull
from gateway.store import circuit
from policies.terms import Purpose


@dataclass(frozen=True, slots=True)
class Taken:
    """One file of the folder: `report` is None where the contract needs none of its weeks, or it was rejected.

    `waits_for` are the contracts that have not had it; with none the file was put away.
    """

    file: str
    report: PullReport | None
    waits_for: tuple[str, ...]


def pull_folder(
    gateway: Gateway,
    contract_id: str,
    source_id: str,
    *,
    secrets: Secrets,
    clock: Clock,
    purpose: Purpose = Purpose.OUTCOME_PAYMENT,
    progress: Progress = no_progress,
) -> Iterator[Taken | Left]:
    """Pull every whole file of the folder, oldest name first, and say what was left there and why.

    1 authorise and log, before the folder is opened; 2 claim; 3 pull file by file; 4 put a file away after its commit.

    Raises what `intake.pulling.pull` does, at the first file that cannot be used: it stays claimed, and so do those
    after it.
    """
    declaration = _authorise(gateway, contract_id, source_id, purpose)  # 1
    try:
        yield from _take_files(gateway, contract_id, declaration, secrets, clock, purpose, progress)
    except SourceUnavailable as error:
        with gateway.write() as uow:
            uow.record(FolderFailed(contract=contract_id, source=source_id, error=error.code))
            note_reached(uow, declaration, error)
        raise


def _take_files(
    gateway: Gateway,
    contract_id: str,
    declaration: SourceDeclaration,
    secrets: Secrets,
    clock: Clock,
    purpose: Purpose,
    progress: Progress,
) -> Iterator[Taken | Left]:
    source_id = declaration.id
    with closing(transports.inbox(declaration.transport, secrets, clock)) as box:
        found = box.take()  # 2
        _answers_again(gateway, declaration)
        yield from found.left
        for file in found.files:
            report = None
            try:
                report = pull(gateway, contract_id, source_id, file, purpose=purpose, progress=progress)  # 3
                digest = report.file_sha256
            except (FileNotNeeded, PullRejected):
                digest = file_sha256(file)
            waiting = waiting_for(gateway, source_id, digest)
            if not waiting:
                box.finish(file)  # 4
            yield Taken(file.name, report, waiting)


def _answers_again(gateway: Gateway, declaration: SourceDeclaration) -> None:
    """Forget that the source could not be reached, where it could not."""
    with gateway.store.read() as session:
        is_known = circuit.has_failed(session, declaration.id)
    if is_known:
        with gateway.write() as uow:
            note_reached(uow, declaration, None)
            uow.record(SourceAnswersAgain(source=declaration.id))


def _authorise(gateway: Gateway, contract_id: str, source_id: str, purpose: Purpose) -> SourceDeclaration:
    with deciding(gateway) as asking:
        declaration = source(asking.session, source_id)
        check_is_a_kind_of_file(declaration)
        authorised, _, _ = ask_to_pull(gateway, asking, contract_id, declaration, purpose)
        check_may_be_asked(asking, source_id)
        asking.uow.record(
            FolderAuthorised(
                contract=contract_id,
                source=source_id,
                declaration_sha256=declaration.sha256,
                purpose=purpose,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
    return declaration
