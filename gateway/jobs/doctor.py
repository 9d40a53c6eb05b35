"""`gateway doctor`: the truth about an installation, also about what will fail next month. Changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from sqlmodel import Session, select

from gateway.contracts import openings
from gateway.contracts.accepted import check_accepted
from gateway.contracts.fitting import words_without_ground
from gateway.contracts.sealed_plan import opening_versions
from gateway.contracts.todays_rules import objection_to, objection_to_batches
from gateway.contracts.waiting import waiting
from gateway.errors.acceptances import AcceptanceMissing, AcceptancesCorrupt
from gateway.errors.enrolment import SealsCorrupt
from gateway.errors.release import ReadersHeld
from gateway.errors.table import outcome
from gateway.evaluation.evaluating import AsOf, known_by
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import contract_of
from gateway.installation.look_ups import DAY, look_ups_since
from gateway.installation.settings import Settings
from gateway.intake.connecting import connectors
from gateway.jobs.backups import diagnose_backups
from gateway.jobs.database import diagnose_database
from gateway.jobs.diagnosis import FAIL, LOOK_AHEAD, OK, WARN, Diagnosis
from gateway.jobs.handed_out import diagnose_handed_out
from gateway.jobs.keys_and_logs import diagnose_keys, diagnose_logs
from gateway.jobs.lockout import diagnose_lockout
from gateway.jobs.source_health import source_health
from gateway.outcomes.contract import Contract
from gateway.outcomes.readings import sources_ever
from gateway.outcomes.terms import Window
from gateway.oversight import governance
from gateway.oversight.advice import all_advice
from gateway.release.releasing import refusal
from gateway.rights import erasure, journal
from gateway.rights.requests import waiting_requests
from gateway.store import contract_queries, queries
from gateway.store.settlement_tables import Bill, Payment
from gateway.store.tables import ReleaseRow, SourceRow
from policies.programme import Programme
from vocabulary.danish_days import danish_day

_ANSWER_WITHIN = timedelta(days=30)  # GDPR art. 12(3)
_LEAST_FREE_BYTES = 1 << 30


def examine(settings: Settings) -> list[Diagnosis]:
    """Everything worth knowing, worst things included; an installation that does not open is one finding."""
    try:
        gateway = Gateway.open(settings)
    except Exception as error:
        if outcome(error) is None:
            raise
        return [Diagnosis(FAIL, "the installation does not open", str(error))]
    return examine_opened(gateway)


def examine_opened(gateway: Gateway) -> list[Diagnosis]:
    """The same of an installation that is open."""
    sections = (
        _machine,
        diagnose_database,
        diagnose_keys,
        diagnose_logs,
        diagnose_handed_out,
        diagnose_backups,
        _sources,
        source_health,
        _governance,
        diagnose_lockout,
        _contracts,
        _settlements,
    )
    return [one for section in sections for one in _whole(section, gateway)]


def _whole(section: Callable[[Gateway], Iterable[Diagnosis]], gateway: Gateway) -> Iterator[Diagnosis]:
    """A section's findings; what ends it is one of them, and the sections behind are told all the same."""
    try:
        yield from section(gateway)
    except Exception as error:
        about = section.__name__.strip("_").removeprefix("diagnose_").replace("_", " ")
        # what nobody foresaw may quote what it met: its kind alone is told
        said = str(error) if outcome(error) is not None else f"an error that nobody foresaw: {type(error).__name__}"
        yield Diagnosis(FAIL, f"not everything about {about} can be told", said)


def _settlements(gateway: Gateway) -> Iterator[Diagnosis]:
    """Disputes that wait for an answer, and bills that nobody has paid by their day."""
    today = danish_day(gateway.clock())
    with gateway.store.read() as session:
        disputes = queries.holding_disputes(session)
        paid = set(session.exec(select(Payment.bill_id)))
        bills = [bill for bill in session.exec(select(Bill).order_by(Bill.number)) if bill.id not in paid]
    for dispute in disputes:
        if dispute.outcome:
            said = f"a dispute of {dispute.contract_id} {dispute.window} was upheld, and nothing follows from it yet"
            advice = "`gateway correct`, `gateway settle adjust`, or both parties acknowledge the line by its name"
            yield Diagnosis(WARN, said, advice)
            continue
        late = dispute.answer_by < today
        said = f"a dispute of {dispute.contract_id} {dispute.window} waits until {dispute.answer_by}"
        yield Diagnosis(WARN if late else OK, said, "`gateway settle resolve` answers it" if late else "")
    for bill in bills:
        if bill.due_on < today:
            said = f"{bill.kind.replace('_', ' ')} {bill.number} was due on {bill.due_on}"
            yield Diagnosis(WARN, said, "`gateway settle sheet` says what is missing; then approve and pay it")


def _machine(gateway: Gateway) -> Iterator[Diagnosis]:
    installed = gateway.installed
    yield Diagnosis(
        OK, f"{installed.municipality_name} ({installed.municipality_code}) at {installed.host_name}: {installed.kind}"
    )
    free = shutil.disk_usage(gateway.settings.data_directory).free
    level = OK if free >= _LEAST_FREE_BYTES else WARN
    advice = "" if level == OK else "a log that cannot be written stops every use case; make room"
    yield Diagnosis(level, f"{free // (1 << 20):,} MiB free in the data directory", advice)


def _sources(gateway: Gateway) -> Iterator[Diagnosis]:
    """Agreements, also those that end soon, and assessments of sources that were supplied for another purpose."""
    for one in connectors(gateway):
        name, valid_to = one.declaration.id, one.declaration.agreement.valid_to
        match one.agreement:
            case "ended":
                advice = "no pull until it is renewed"
                yield Diagnosis(FAIL, f"the agreement of source {name} ended on {valid_to}", advice)
            case "ends soon":
                advice = "renew it now: nothing is pulled after that day"
                yield Diagnosis(WARN, f"the agreement of source {name} ends on {valid_to}", advice)
            case _:
                yield Diagnosis(OK, f"the agreement of source {name} lasts until {valid_to}")
        if one.rest:
            yield Diagnosis(WARN, one.rest, f"`gateway connectors check {name}` asks it at once")
        if one.declaration.explains_no_code:
            advice = "fill in [codes] of its declaration: until then no week that it tells of counts"
            yield Diagnosis(WARN, f"nothing says what the codes of source {name} mean", advice)
        if not one.declaration.is_supplied_for_another_purpose:
            continue
        for use in one.uses:
            what = f"{use.contract}: source {name} was supplied for another purpose"
            if use.assessment:
                yield Diagnosis(OK, f"{what}; assessment {use.assessment}")
            else:
                advice = "name the assessment in the programme file (assessments): nothing is pulled until then"
                yield Diagnosis(FAIL, f"{what}, and its programme names no assessment", advice)


def _governance(gateway: Gateway) -> Iterator[Diagnosis]:
    """The rules in force, advice that waits, requests that wait, and people who came back with a backup."""
    today = gateway.clock().date()
    if objection := governance.status(gateway).objection:
        yield Diagnosis(
            FAIL, objection, "`gateway policy propose` and `gateway policy approve`, or restore the database"
        )
    yield from _look_ups(gateway)
    for contract_id, late in _late_requests(gateway, today):
        yield Diagnosis(WARN, f"{contract_id}: {late} requests are older than a month", "GDPR art. 12(3): answer them")
    with gateway.store.read() as session:
        waiting = [row for row in all_advice(session) if row.suspends and row.waits]
    for row in waiting:
        what = f"{row.contract} {row.window or 'every window'}: held by the data protection officer"
        if row.decide_by < today:
            yield Diagnosis(FAIL, f"{what}, and the answer was due on {row.decide_by}", "`gateway advice answer`")
        else:
            yield Diagnosis(WARN, f"{what}; answer by {row.decide_by}", "`gateway advice answer`")
    if open_erasures := erasure.count_unfinished(gateway):
        what = f"unfinished: {open_erasures} erased people may still stand in the files of the database"
        yield Diagnosis(FAIL, what, "`gateway rights repeat-erasures` writes it anew")
    yield from _journal(gateway)


def _journal(gateway: Gateway) -> Iterator[Diagnosis]:
    """The journal of erasures: whether it can be read, whom it names who came back, and what broke half-way."""
    try:
        back, open_lines = erasure.count_returned(gateway), journal.unconfirmed_intents(gateway)
    except ValueError as error:
        yield Diagnosis(FAIL, "the journal of erasures cannot be read", str(error))
        return
    if back:
        yield Diagnosis(FAIL, f"{back} erased people stand in the database again", "`gateway rights repeat-erasures`")
    for line in open_lines:
        what = f"{line['contract']}: an erasure was begun and is not confirmed; by itself it erases nobody"
        advice = f"`gateway rights repeat-erasures`; where it stays, decide the request {line['request']} again"
        yield Diagnosis(WARN, what, advice)


def _look_ups(gateway: Gateway) -> Iterator[Diagnosis]:
    """Contracts under which too many people were looked up within the last day."""
    with gateway.store.read() as session:
        for contract_id in contract_queries.contract_ids(session):
            counted = look_ups_since(session, contract_id, gateway.clock() - DAY)
            if counted.is_stopped:
                what = f"{contract_id}: too many people were looked up within a day, and nobody is until one has passed"
                yield Diagnosis(FAIL, what, "`gateway log show` says who looked; ask why, and tell the officer")


def _late_requests(gateway: Gateway, today: date) -> list[tuple[str, int]]:
    with gateway.store.read() as session:
        counts = [
            (one, sum(row.asked_at.date() + _ANSWER_WITHIN < today for row in waiting_requests(session, one)))
            for one in contract_queries.contract_ids(session)
        ]
    return [(contract_id, count) for contract_id, count in counts if count]


def _contracts(gateway: Gateway) -> Iterator[Diagnosis]:
    now = gateway.clock()
    with gateway.store.read() as session:
        ids = contract_queries.contract_ids(session)
        if asked := len(queries.waiting_asks(session)):
            yield Diagnosis(OK, f"{asked} attestations that recipients asked for wait", "`gateway release --asked`")
        if not ids:
            yield Diagnosis(WARN, "no contract is in force", "`gateway contract add CONTRACT PROGRAMME`")
        yield from _waiting(session)
        for contract_id in ids:
            yield from _acceptances(gateway, session, contract_id)
            yield from _todays_rules(session, contract_id)
            yield from _seals(session, contract_id)
            contract = gateway.contract(session, contract_id)
            yield from _open_batches(session, contract)
            known = known_by(session, contract, now)
            yield from _completeness(session, contract, known)
            yield from _unknown_codes(session, contract)
            yield from _words(gateway.programme(session, contract_id), now.date())
            yield from _appointments(gateway.programme(session, contract_id), now.date())
            yield from _grounds(contract, gateway.programme(session, contract_id))
            issued = {row.window for row in queries.releases(session, contract_id) if row.state == "issued"}
            for row in queries.releases(session, contract_id):
                if row.state == "intended":
                    yield _interrupted_release(gateway, session, row)
            if contract_queries.in_shadow(session, contract_id):
                what = f"{contract_id} runs in shadow: it is pulled and evaluated, and nothing is released"
                yield Diagnosis(OK, what, "`gateway shadow` compares it; `gateway contract adopt` ends that")
            elif adopted := openings.opening_of(gateway, session, contract_id):
                what = f"{contract_id}: windows up to {adopted.last_window} are stated by the parties, not evaluated"
                yield Diagnosis(OK, what)
            for window in contract.windows:
                if not contract_queries.is_settled_here(session, contract_id, window.label):
                    continue
                if window.label in issued or contract.freezes_on(window) > now.date() + LOOK_AHEAD:
                    continue
                yield _releasable(contract, window, known)


def _open_batches(session: Session, contract: Contract) -> Iterator[Diagnosis]:
    """Batches that nobody was enrolled into yet; the sealed ones are settled meanwhile."""
    sealed = {row.batch_id for row in queries.batches(session, contract.id)}
    if contract.end is not None:
        return
    if left := [batch.id for batch in contract.cohort.batches if batch.id not in sealed]:
        what = f"{contract.id}: {', '.join(left)} of {len(contract.cohort.batches)} batches not sealed yet"
        advice = "`gateway enrol`: a batch counts from the first window of which nothing was released"
        yield Diagnosis(WARN, what, advice)


def _waiting(session: Session) -> Iterator[Diagnosis]:
    """Versions that are not in force yet, and whom they wait for."""
    try:
        found = waiting(session)
    except AcceptancesCorrupt as error:
        yield Diagnosis(FAIL, "an acceptance cannot be read", str(error))
        return
    for one in found:
        advice = "`gateway contract acceptances CONTRACT`" if one.missing else "`gateway contract add` or `approve`"
        yield Diagnosis(WARN, str(one), advice)


def _acceptances(gateway: Gateway, session: Session, contract_id: str) -> Iterator[Diagnosis]:
    """Versions in force whose acceptances do not hold: nothing is released under them."""
    for row in contract_queries.contract_versions(session, contract_id):
        try:
            check_accepted(gateway, session, contract_of(row))
        except (AcceptanceMissing, AcceptancesCorrupt) as error:
            yield Diagnosis(FAIL, f"{contract_id} version {row.version}: the acceptances do not hold", str(error))
        else:
            yield Diagnosis(OK, f"{contract_id} version {row.version}: every party has accepted it")


def _todays_rules(session: Session, contract_id: str) -> Iterator[Diagnosis]:
    """Versions in force that would be refused today, with the words of the refusal."""
    for row in contract_queries.contract_versions(session, contract_id):
        if refused := objection_to(row):
            what = f"{contract_id} version {row.version} would be refused today: {refused}"
            yield Diagnosis(FAIL, what, "nothing is released to readers; payment documents go out as before")


def _seals(session: Session, contract_id: str) -> Iterator[Diagnosis]:
    """A seal that does not open with what stands beside it, or batches that readers may not be told of apart: nothing
    is released to readers."""
    try:
        opening_versions(session, contract_id)
        refused = objection_to_batches(session, contract_id)
    except SealsCorrupt as error:
        yield Diagnosis(FAIL, f"{contract_id}: a seal does not hold", str(error))
        return
    if refused:
        advice = 'a later version may say fold = "blocks"; payment documents go out as before'
        yield Diagnosis(FAIL, f"{contract_id}: nothing is released to readers: {refused}", advice)


def _interrupted_release(gateway: Gateway, session: Session, row: ReleaseRow) -> Diagnosis:
    """A release without its signature: the next run finishes it, or it waits for what rules or policy ask."""
    what = f"{row.contract_id} {row.window}: a release was interrupted"
    again = f"run `gateway release {row.contract_id} {row.window} --template {row.template}` again"
    try:
        refused = refusal(gateway, session, row)
    except (ReadersHeld, SealsCorrupt) as held:
        return Diagnosis(WARN, f"{what} and stays unsigned", str(held))
    if refused is None:
        return Diagnosis(WARN, what, again)
    rules = ", ".join(refused.rule_ids)
    return Diagnosis(WARN, f"{what} and stays unsigned: {rules}", f"{refused.reason_en} Then {again}")


def _completeness(session: Session, contract: Contract, known: AsOf) -> Iterator[Diagnosis]:
    for source, week in known.by_source:
        if session.get(SourceRow, source) is None:
            what = f"{contract.id}: source {source} is not declared"
            yield Diagnosis(WARN, what, "`gateway contract source FILE`, or nothing can be pulled from it")
        if week is None:
            advice = f"`gateway pull {contract.id} {source} FILES`, with the files from the first enrolment on"
            yield Diagnosis(WARN, f"{contract.id}: source {source} does not cover the first week", advice)
        else:
            yield Diagnosis(OK, f"{contract.id}: source {source} is complete to {week}")


def _unknown_codes(session: Session, contract: Contract) -> Iterator[Diagnosis]:
    """Codes of a source's last pull that no list explains, or that somebody has who cannot: their weeks are unknown."""
    for source in sources_ever(contract):
        pulled = queries.pulls(session, contract.id, source)
        counts = pulled[-1].counts["unknown_codes"] if pulled else {}
        if not counts:
            continue
        shown = ", ".join(f"{code} in {weeks} weeks" for code, weeks in sorted(counts.items()))
        advice = "such weeks count for nobody; find out what the codes mean, say it in [codes], and pull again"
        yield Diagnosis(WARN, f"{contract.id}: codes that the last pull of {source} could not read: {shown}", advice)


def _words(programme: Programme, today: date) -> Iterator[Diagnosis]:
    """Words of the programme that end, or have ended, with none to follow: a paper of a later day is refused."""
    for key, last in programme.words.last_days(on=today).items():
        what = f"{programme.id}: its word for {key} ends on {last}, and none begins the day after"
        advice = "declare the next one under [[words]] and have it approved: no paper of a later day can be written"
        yield Diagnosis(FAIL if last < today else WARN, what, advice)


def _appointments(programme: Programme, today: date) -> Iterator[Diagnosis]:
    """Appointments that end soon, or have; who is left is told elsewhere."""
    for one in sorted(programme.appointments, key=lambda one: (one.until, one.role)):
        if today <= one.until <= today + LOOK_AHEAD:
            what = f"{programme.id}: an appointment as {one.role} ends on {one.until}"
            yield Diagnosis(WARN, what, "`gateway contract propose` with a later day, and another approves")


def _grounds(contract: Contract, programme: Programme) -> Iterator[Diagnosis]:
    """Status words of the contract that nothing allows."""
    for reason in words_without_ground(contract, programme):
        advice = "declare it under [[status_conditions]] and have it approved, or stop reading what tells it"
        yield Diagnosis(FAIL, f"{programme.id}: status_conditions {reason}", advice)


def _releasable(contract: Contract, window: Window, known: AsOf) -> Diagnosis:
    """Whether the window, which nothing was released of, can be; where not, every source that keeps it."""
    missing = {source: week for source, week in known.by_source if week is None or week < window.to_week}
    if not missing:
        return Diagnosis(OK, f"{contract.id} {window.label}: can be released")
    shown = ", ".join(
        f"{source} is {'not there from the first week on' if week is None else f'complete to {week}'}"
        for source, week in missing.items()
    )
    what = f"{contract.id} {window.label}: cannot be released yet: {shown}, needed to {window.to_week}"
    return Diagnosis(WARN, what, f"pull the missing files of {' and '.join(missing)}, then release the window")
