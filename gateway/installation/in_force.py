"""Which contracts are in force, read without a key: a command that lists them opens the database alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session, select

from gateway.errors.contracts import ContractUnknown
from gateway.errors.installation import NotInstalled, UnsafeForProduction
from gateway.errors.store import StoreMissing
from gateway.installation.settings import Kind, Settings
from gateway.outcomes.blocks import in_blocks
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_stored_contract
from gateway.outcomes.ends import right_used, under_notice
from gateway.store import contract_queries
from gateway.store.contract_tables import ContractVersion, Installation
from gateway.store.heads import KeptHeads
from gateway.store.schema import check_schema
from gateway.store.unit_of_work import Store


def open_store(settings: Settings) -> tuple[Store, Installation]:
    """The database of the installation that these settings name, and what it is.

    Raises `NotInstalled`, `SchemaOutdated`, `StoreMissing` where keys are here and the database is not, and what a
    database that cannot be read raises.
    """
    if not settings.data_directory.is_dir():
        raise NotInstalled(where=str(settings.data_directory))
    store = store_of(settings)
    try:
        check_schema(store)
    except StoreMissing:
        if any(settings.keys_directory.glob("*.json")):
            raise
        raise NotInstalled(where=str(settings.data_directory)) from None
    row = installation_in(store)
    if row is None:
        raise NotInstalled(where=str(settings.data_directory))
    return store, row


def store_of(settings: Settings) -> Store:
    """The database that these settings name, held against the heads that are kept outside it."""
    return Store(settings.store_url, heads=KeptHeads(settings.heads_directory))


def installation_in(store: Store) -> Installation | None:
    """What a database of this version's schema says it belongs to; None where it holds nothing yet."""
    with store.read() as session:
        return session.exec(select(Installation)).one_or_none()


def check_profile(settings: Settings, kind: str) -> None:
    """Refuse an installation that is not what the profile asks for. Raises `UnsafeForProduction`."""
    if settings.profile == "production" and kind != Kind.PRODUCTION:
        raise UnsafeForProduction(
            reason=f"this is a {kind} installation, with development keys; leave --test and --demo-keys out of"
            " `gateway init`, in a data directory of its own"
        )
    if settings.profile == "test" and kind == Kind.PRODUCTION:
        raise UnsafeForProduction(profile="test", reason="this is a production installation; its keys must not be here")


def contract_and_text(
    session: Session, contract_id: str, *, on: date | None = None, known_at: datetime | None = None
) -> tuple[Contract, str]:
    """The version of a contract in force on a day, or the newest, with the text of its file; once somebody is sealed,
    with its windows in blocks where it says so.

    With `known_at`, among the versions that were in force here by then. `ContractUnknown` where there is none.
    """
    versions = contract_queries.contract_versions(session, contract_id)
    rows = [row for row in versions if known_at is None or row.activated_at <= known_at]
    chosen = [row for row in rows if on is None or row.effective_from <= on] or rows[:1]
    if not chosen:
        raise ContractUnknown(contract=contract_id)
    contract = _in_calendar_of(join_versions(rows), join_versions(chosen))
    if contract.fold.at_most and (ends := _block_ends(session, versions)) is not None:
        contract = in_blocks(contract, ends)
    text = next(row.text for row in chosen if row.sha256 == contract.sha256)
    return contract, text.decode("utf-8")


def _in_calendar_of(newest: Contract, contract: Contract) -> Contract:
    """An earlier version with the windows and releases of the newest: they agree on every window that has begun, and a
    window of the earlier one may be shown with one that it does not have."""
    if newest.sha256 == contract.sha256:
        return contract
    return replace(
        contract,
        windows=newest.windows,
        releases=newest.releases,
        aggregates=newest.aggregates,
        statements=newest.statements,
        breakdown=newest.breakdown,
        breakdown_window=newest.breakdown_window,
        reasons_window=newest.reasons_window,
    )


def _block_ends(session: Session, versions: Sequence[ContractVersion]) -> list[str] | None:
    """The windows that end a block, as the newest seal says, or a version that came into force since; None before the
    first seal."""
    from gateway.store import queries  # a fifth of a second of tables that only a contract with blocks needs

    sealed = queries.batches_as_sealed(session, versions[-1].contract_id)
    if not sealed:
        return None
    return versions[-1].block_ends if versions[-1].batches == len(sealed) else sealed[-1].block_ends


def newest_contract(session: Session, contract_id: str) -> Contract:
    """The newest version as its text says it, with those before it, in no blocks. `ContractUnknown` where there is
    none."""
    versions = contract_queries.contract_versions(session, contract_id)
    if not versions:
        raise ContractUnknown(contract=contract_id)
    return join_versions(versions)


def join_versions(versions: Sequence[ContractVersion]) -> Contract:
    """The last of these versions, with those before it: what is owed is a function of all of them. A notice by which
    one party ended the version before it is none: that version is cut."""
    *earlier, newest = map(contract_of, versions)
    if earlier and right_used(earlier[-1], newest) is not None:
        return under_notice(replace(earlier[-1], earlier=tuple(earlier[:-1])), newest)
    return replace(newest, earlier=tuple(earlier))


def texts_before(session: Session, contract: Contract) -> tuple[str, ...]:
    """The texts of the files of the versions before this one, the oldest first."""
    texts = {row.sha256: row.text for row in contract_queries.contract_versions(session, contract.id)}
    return tuple(texts[one.sha256].decode("utf-8") for one in contract.earlier)


def contract_of(version: ContractVersion) -> Contract:
    """The contract that a stored version says."""
    return load_stored_contract(version.text, file=version.file_name)
