"""Use case: a draft contract is tried on people of a past year, under a programme of its own (*prøvehandling*).

Nobody is enrolled and no row is stored: people have random ids that live as long as the command. What stays are two
people's events, the draft's text and a signed report of rounded figures (`gateway.outcomes.trial`).

1  propose   somebody names draft, programme, list and files, by their digests
2  authorise a system owner who is another asks for each source; the list is read, and looked up
3  read      the files, outside any transaction, for these people and nobody else
4  judge     a text that counts too few otherwise than an earlier one is refused; else the figures are made
5  sign      asked once more, signed, checked with the verifier, and logged

Figures are for outsiders. So a text is tried once; nobody may be enrolled here; and people of whom a few may have been
tried before with others are tried with the same files or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from connectors.base import Progress
from connectors.boundary import PeopleTried
from connectors.codes import shown_by_kind
from connectors.declaration import SourceDeclaration
from connectors.errors import ConnectorError
from connectors.source_file import LocalFile
from connectors.trial_list import days_of, read_trial_list
from gateway.attestations.jws import sign_compact
from gateway.contracts.declarations import source
from gateway.errors.contracts import ProgrammeMismatch
from gateway.errors.tree import Refused
from gateway.errors.trial import TrialRefused
from gateway.evaluation.tried_people import TrialFiles, TriedHistories, read_histories
from gateway.evaluation.tried_texts import check_apart, check_not_near, proposers, report_of
from gateway.events.trial import TrialAuthorised, TrialFailed, TrialListRefused, TrialMade, TrialProposed
from gateway.installation.authority import Asking, Authorised, deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.installation.look_ups import check_look_ups, found_lines
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.forecast import Declared, shift_weeks, weeks_between
from gateway.outcomes.lint import lint
from gateway.outcomes.trial import STEP, TriedMeasure, TriedWindow, cannot_be_tried, try_draft
from gateway.store.contract_tables import TrialReportRow
from gateway.wording.views import View, as_json
from outcome_verifier import trial
from outcome_verifier.trust import TrustFile
from policies.disclosure import DisclosureRules
from policies.facts import TrialFacts
from policies.programme import Programme
from policies.programme_file import load_programme
from policies.terms import Action, Purpose, Role
from vocabulary.errors import DeclarationInvalid
from vocabulary.weeks import Month, Week

_LISTED = 20  # lines of a refused list


@dataclass(frozen=True, slots=True)
class AssumedFigure(View):
    """A figure that an evaluator will declare, as it was assumed for one window."""

    figure: str
    window: str
    value: int


@dataclass(frozen=True, slots=True)
class MunicipalityNamed(View):
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class TrialReport(View):
    """What a trial shows, for whoever gets the annexes: rounded people and units, amounts in minor units. What is None
    is not shown."""

    contract: Mapping[str, str | int]
    title: str
    programme_sha256: str
    municipality: MunicipalityNamed
    purpose: Purpose
    currency: str
    people: int
    planned_people: int  # for how many the draft is
    step: int
    k: int
    complete_to: str  # the week in which the registers ended
    windows: tuple[TriedWindow, ...]
    left_out: tuple[str, ...]  # windows that end after the registers do
    assumed: tuple[AssumedFigure, ...]
    demo: bool

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> TrialReport:
        """The report that these claims hold, once the verifier has read them."""
        windows = (
            TriedWindow(
                one["window"], tuple(TriedMeasure(**measure) for measure in one["measures"]), one["amount_minor"]
            )
            for one in claims["windows"]
        )
        parts: dict[str, Any] = {
            "municipality": MunicipalityNamed(**claims["municipality"]),
            "purpose": Purpose(claims["purpose"]),
            "windows": tuple(windows),
            "left_out": tuple(claims["left_out"]),
            "assumed": tuple(AssumedFigure(**one) for one in claims["assumed"]),
        }
        return cls(**{field.name: parts.get(field.name, claims[field.name]) for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class TrialDone:
    """A signed report, as the verifier reads it. `is_new` is false where the same files gave it before."""

    token: str
    report: TrialReport
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Draft:
    contract: Contract
    text: bytes
    programme: Programme
    files: TrialFiles
    files_sha256: str


def propose_trial(gateway: Gateway, files: TrialFiles) -> str:
    """Propose a trial: somebody else, who is a system owner, may then run it with the same files. Returns their digest.

    Nobody is looked up. Raises `DeclarationInvalid`, `ProgrammeInvalid`, `ProgrammeMismatch`, `TrialRefused`.
    """
    draft = _read(files)
    with gateway.write() as uow:
        uow.record(
            TrialProposed(
                contract=draft.contract.id,
                contract_sha256=draft.contract.sha256,
                programme_sha256=draft.programme.sha256,
                files_sha256=draft.files_sha256,
            )
        )
    return draft.files_sha256


def run_trial(gateway: Gateway, files: TrialFiles, declared: Declared, *, progress: Progress) -> TrialDone:
    """The signed report of a draft on the people of a list; the same files again give the same report.

    Raises `TrialRefused`, `PolicyDenied`, `SourceUnknown`, `LookUpsEnded`, a `ConnectorError`, and what `propose_trial`
    raises; then nothing is kept of anybody.
    """
    draft = _read(files)
    contract = draft.contract
    with deciding(gateway) as asking:  # 2
        known = report_of(asking.session, contract.sha256)
        if known is not None and known.files_sha256 == draft.files_sha256:
            trust = TrustFile.load(gateway.trust_bytes(asking.session))
            return TrialDone(known.token, TrialReport.of(trial.read(known.token, trust)), is_new=False)
        sources = [source(asking.session, name) for name in contract.sources]
        until = min(asking.now.date(), draft.programme.closes_on)
        proposed_by = _proposer(gateway, asking, draft)
        asked = _ask(gateway, asking, draft, sources, (draft.programme.opens_on, until), proposed_by)
        if known is not None:
            raise TrialRefused(draft=contract.file, rule="tried-before", reason="this very text was tried, once")
        people = _people(gateway, asking, draft)
        check_not_near(asking.session, contract, draft.files_sha256, days_of(people))
        asking.uow.record(
            TrialAuthorised(
                contract=contract.id,
                contract_sha256=contract.sha256,
                programme_sha256=draft.programme.sha256,
                files_sha256=draft.files_sha256,
                proposed_by=proposed_by,
                sources=[one.id for one in sources],
                people=len(people.people),
                decisions=[one.id for one in asked],
                decisions_sha256=[one.sha256 for one in asked],
            )
        )
    try:
        weeks = Week.of(days_of(people)[0]), Week.of(until)
        found = read_histories(contract, sources, files, people, weeks=weeks, today=until, progress=progress)  # 3
        with gateway.store.read() as session:
            check_apart(session, contract, draft.files_sha256, found)  # 4
        report = _report(gateway, draft, found, declared, progress)
    except (ConnectorError, Refused) as error:
        with gateway.write() as uow:
            uow.record(TrialFailed(contract=contract.id, contract_sha256=contract.sha256, error=error.code))
        raise
    with deciding(gateway) as asking:  # 5
        days = days_of(people)
        asked = _ask(gateway, asking, draft, sources, (days[0], min(found.complete_to.sunday, until)), proposed_by)
        if report_of(asking.session, contract.sha256) is not None:
            raise TrialRefused(draft=contract.file, rule="tried-before", reason="somebody tried it meanwhile")
        check_not_near(asking.session, contract, draft.files_sha256, days)
        return _sign(gateway, asking, draft, report, days, asked)


def _read(files: TrialFiles) -> _Draft:
    text = files.contract.read_bytes()
    contract = load_contract(text, file=files.contract.name)
    programme = load_programme(files.programme.read_bytes(), file=files.programme.name)
    if (programme.contract_id, programme.contract_sha256) != (contract.id, contract.sha256):
        reason = f"{programme.file} was declared for a contract with another digest than {contract.sha256}"
        raise ProgrammeMismatch(contract=contract.id, reason=reason)
    for finding in lint(contract, shown_by_kind()):
        if finding.refuses:
            reason = f"{finding.what} ({finding.rule}); {finding.suggestion}"
            raise DeclarationInvalid(file=contract.file, line=finding.line, key="", reason=reason, rule=finding.rule)
    if reason := cannot_be_tried(contract):
        raise TrialRefused(draft=contract.file, rule="not-tried-here", reason=reason)
    if set(files.extracts) != set(contract.sources):
        reason = f"it reads {', '.join(contract.sources)}: name a file of each, and of no other source"
        raise TrialRefused(draft=contract.file, rule="files", reason=reason)
    return _Draft(contract, text, programme, files, files.digest())


def _proposer(gateway: Gateway, asking: Asking, draft: _Draft) -> str:
    """Who proposed this trial: another than whoever runs it, where there is one. Raises `TrialRefused` for nobody."""
    names = proposers(asking.session, draft.contract.sha256, draft.programme.sha256, draft.files_sha256)
    if not names:
        reason = "nobody proposed it with this programme and these files (`gateway contract trial … --propose`)"
        raise TrialRefused(draft=draft.contract.file, rule="not-proposed", reason=reason)
    return next((name for name in names if gateway.actor.is_second_to(name)), names[0])


def _ask(
    gateway: Gateway,
    asking: Asking,
    draft: _Draft,
    sources: Sequence[SourceDeclaration],
    days: tuple[date, date],
    proposed_by: str,
) -> list[Authorised]:
    programme = draft.programme
    facts = TrialFacts(
        purpose=Purpose.PLANNING,
        contract_sha256=draft.contract.sha256,
        source="",
        agreement_valid=False,
        agreement_purposes=frozenset(),
        purpose_assessed=False,
        period_within_programme=programme.covers(*days),
        pull_open=programme.pull_open(on=asking.now.date()),
        appointment_valid=asking.is_appointed(programme, Role.SYSTEM_OWNER),
        second_person=gateway.actor.is_second_to(proposed_by),
    )
    party = staff_party(programme, Role.SYSTEM_OWNER)
    found = []
    for one in sources:
        of_source = replace(
            facts,
            source=one.id,
            agreement_valid=one.agreement.is_valid(on=asking.now.date()),
            agreement_purposes=one.agreement.permitted_purposes,
            purpose_assessed=programme.is_assessed(one.id, for_another_purpose=one.is_supplied_for_another_purpose),
        )
        found.append(asking.ask(party, Action.TRY_CONTRACT, programme, of_source))
    return found


def _people(gateway: Gateway, asking: Asking, draft: _Draft) -> PeopleTried:
    """Everybody on the list. Raises `TrialRefused` where it cannot be used, is too short or holds somebody enrolled."""
    contract = draft.contract
    least = max(contract.k_cohort, DisclosureRules().k_cohort)  # a draft that says less is nobody's word yet
    listed = read_trial_list(LocalFile(draft.files.people), gateway.boundary(asking.session), least=least)
    if listed.file_sha256 != draft.files.people_sha256():
        raise TrialRefused(draft=contract.file, rule="list", reason="the list changed while it was read")
    if listed.refused:
        lines = ", ".join(f"line {line} {reason.value}" for line, reason in listed.refused[:_LISTED])
        raise TrialRefused(draft=contract.file, rule="list", reason=f"{draft.files.people.name}: {lines}")
    if listed.tried is None:
        reason = f"{listed.listed} people are below the k_cohort of {least}"
        raise TrialRefused(draft=contract.file, rule="too-few", reason=reason)
    found = [one.value for one in listed.tried.found]
    if found:
        check_look_ups(asking, draft.programme, contract, found)
        refused = TrialListRefused(
            contract=contract.id, contract_sha256=contract.sha256, listed=listed.listed, found=len(found)
        )
        asking.keep(refused, found_lines(found, Purpose.PLANNING), also_now=False)
        reason = "somebody on the list is enrolled here: what is released of a contract could be subtracted"
        raise TrialRefused(draft=contract.file, rule="enrolled", reason=reason)
    return listed.tried


def _report(
    gateway: Gateway, draft: _Draft, found: TriedHistories, declared: Declared, progress: Progress
) -> TrialReport:
    contract, people = draft.contract, found.people
    there = shift_weeks(contract, weeks_between(contract, people))
    windows = tuple(window for window in there.windows if window.to_week <= found.complete_to)
    if not windows:
        reason = f"the registers end in {found.complete_to}, before the draft's first window"
        raise TrialRefused(draft=contract.file, rule="weeks", reason=reason)
    figures = try_draft(replace(there, windows=windows), people, declared, report=progress)
    with gateway.store.read() as session:
        is_demo = gateway.signer(session).is_development or gateway.installed.is_demo
    return TrialReport(
        contract=contract.identity,
        title=contract.title,
        programme_sha256=draft.programme.sha256,
        municipality=MunicipalityNamed(gateway.installed.municipality_code, gateway.installed.municipality_name),
        purpose=Purpose.PLANNING,
        currency=contract.currency,
        people=figures.people,
        planned_people=contract.cohort.size,
        step=STEP,
        k=figures.k,
        complete_to=str(found.complete_to),
        windows=figures.windows,
        left_out=tuple(window.label for window in there.windows[len(windows) :]),
        assumed=tuple(
            AssumedFigure(name, window, value)
            for name, by_window in sorted(declared.items())
            for window, value in sorted(by_window.items())
        ),
        demo=is_demo,
    )


def _sign(
    gateway: Gateway,
    asking: Asking,
    draft: _Draft,
    report: TrialReport,
    days: Sequence[date],
    asked: Sequence[Authorised],
) -> TrialDone:
    signer = gateway.signer(asking.session)
    claims = {"iss": gateway.issuer, "iat": int(asking.now.timestamp()), **as_json(report)}
    token = sign_compact(signer, header={"typ": trial.TYPE, "kid": signer.kid}, claims=claims)
    read = TrialReport.of(trial.read(token, TrustFile.load(gateway.trust_bytes(asking.session))))
    asking.session.add(
        TrialReportRow(
            contract_sha256=draft.contract.sha256,
            contract_id=draft.contract.id,
            text=draft.text,
            files_sha256=draft.files_sha256,
            token=token,
        )
    )
    asking.uow.record(
        TrialMade(
            contract=draft.contract.id,
            contract_sha256=draft.contract.sha256,
            programme_sha256=draft.programme.sha256,
            files_sha256=draft.files_sha256,
            people=len(days),
            first_month=str(Month.of(days[0])),
            last_month=str(Month.of(days[-1])),
            report_sha256=hashlib.sha256(token.encode("ascii")).hexdigest(),
            decisions=[one.id for one in asked],
        )
    )
    return TrialDone(token, read, is_new=True)
