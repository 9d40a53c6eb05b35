"""`gateway demo`: the main job on two simulated municipalities, told a line a step, and verified at the end.

Everything a person sees here happened through the same use cases that the command line and the API call. The
people, their registers and every figure marked illustrative are made up; the course of IMPACT60 follows what
was published.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from connectors.errors import FileNotNeeded
from gateway.api.serving import listening, serve_on
from gateway.cli.terminal import columns, counts, progress_bar, writing
from gateway.contracts import acceptances, accepted, declarations, waiting
from gateway.errors.installation import UnsafeDirectory
from gateway.evaluation import evaluating as evaluation
from gateway.installation.gateway import Gateway
from gateway.installation.installing import initialise
from gateway.installation.settings import Kind, Settings
from gateway.intake import enrolment, pulling
from gateway.oversight import log_reading as oversight
from gateway.release import publication
from gateway.release.issuing import Released
from gateway.release.releasing import release
from gateway.simulate.course import Course, load_course
from gateway.simulate.drop import Drop, write_drop
from gateway.store import contract_queries
from gateway.wording.formats import english_money
from outcome_verifier import canonical, signing
from outcome_verifier.accept import ContractText, accept
from outcome_verifier.cli import report as verdict_lines
from outcome_verifier.errors import VerificationError
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import Demands, VerifiedOutcome, verify_bundle
from policies.errors import PolicyDenied
from policies.terms import Party, Purpose, Role
from vocabulary.releases import Recipient, Template

_EXAMPLES = Path(__file__).parents[2] / "examples"
_MARK = ".outcome-gateway-demo"
_PARTIES = "parties"  # the folder of their keys and of what they signed
_SEED = 2018
_EXTRACT_PEOPLE = 20_000


@dataclass(frozen=True, slots=True)
class _Place:
    contract: str
    code: str
    name: str
    source: str


_AALBORG = _Place("impact60", "851", "Aalborg Kommune", "dream")
_BALLERUP = _Place("ballerup", "151", "Ballerup Kommune", "ydelsesrefusion")


def run(console: Console, directory: Path, *, port: int | None) -> None:
    """Run the demo in a folder of its own; then serve Aalborg's API on `port`, or end where it is None.

    Raises `CannotListen` where the port is taken, and `UnsafeDirectory` where the folder exists and no demo made it: it
    would be emptied.
    """
    if port is None:
        _tell(console, directory)
        return
    with listening("127.0.0.1", port) as listener:
        aalborg = _tell(console, directory)
        console.print()
        serve_on(listener, aalborg, say=console.print)


def _tell(console: Console, directory: Path) -> Gateway:
    """The whole story; Aalborg's installation."""
    started = time.monotonic()
    with writing(directory):
        _empty(directory)
    story = _Story(console)
    story.act("Outcome gateway: the main job on simulated municipalities")
    console.print("Every person is invented (CPR numbers are day + 60); development keys mark every attestation demo.")
    aalborg, bundle = _impact60(story, directory)
    _ballerup(story, directory)
    _verify(story, aalborg, bundle, directory)
    console.print(f"\nDone in {time.monotonic() - started:.0f} s. What was made stands in {directory}")
    return aalborg


class _Story:
    """Titles, numbered lines, and indented ones below them; none is ever folded or cut."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._number = 0

    def act(self, title: str) -> None:
        self.console.print(f"\n── {title} ──", style="bold")

    def step(self, text: str) -> None:
        self._number += 1
        self.console.print(f"[bold cyan]{self._number:>2}[/]  {text}", markup=True)

    def note(self, text: str) -> None:
        self.console.print(f"    {text}", markup=True)

    def note_refusal(self, error: PolicyDenied) -> None:
        rules = ", ".join(error.decision.rule_ids)
        self.note(f"[red]refused[/] by {rules}")
        self.note(f"[dim]{error.decision.reason_en}[/]")


def _impact60(story: _Story, directory: Path) -> tuple[Gateway, bytes]:
    story.act("Aalborg: IMPACT60, 120 people, FOKUS Folkeoplysning and Den Sociale Kapitalfond")
    gateway, course, drop = _install(story, directory, _AALBORG)
    story.step("asked the policy before any pull: may the income register be read for marketing?")
    _expect_refusal(story, lambda: pulling.pull(gateway, "impact60", "income", drop.income, purpose=Purpose.MARKETING))
    _pull(story, gateway, _AALBORG, drop)
    _evaluate_course(story, gateway, course)
    _release_windows(story, gateway, "impact60", "2020H2")
    story.step("released the contract total of 2020H2 to operator and investor")
    for recipient in Recipient:
        released = release(gateway, "impact60", "2020H2", Template.CONTRACT_TOTAL, recipient)
        _keep(directory, released)
    verified = _read(gateway, released)
    for cell in verified.shown["outcomes_by_class"]:
        shown = "[yellow]withheld[/]" if cell["value"] is None else str(cell["value"])
        story.note(f"{cell['class']:<14} {shown}")
    story.note("withheld from everybody: a class of fewer than k = 5 people, and what would give it away")
    story.note("the total itself is exact: 120 people reach K_cohort = 25")
    story.step("asked for the window after that")
    _expect_refusal(
        story, lambda: release(gateway, "impact60", "2021H1", Template.PAYMENT_DOCUMENT, Recipient.OPERATOR)
    )
    publication.publish(gateway)
    _log(story, gateway)
    return gateway, released.bundle


def _ballerup(story: _Story, directory: Path) -> None:
    story.act("Ballerup: 10 people, Specialisterne and Den Sociale Kapitalfond")
    gateway, _, drop = _install(story, directory, _BALLERUP)
    _pull(story, gateway, _BALLERUP, drop)
    story.step("the investor asked for the exact total of ten people")
    _expect_refusal(story, lambda: release(gateway, "ballerup", "2020H2", Template.CONTRACT_TOTAL, Recipient.INVESTOR))
    story.step("what is owed is exact all the same: payment documents to the operator alone")
    for window in ("2019H1", "2019H2", "2020H1", "2020H2"):
        released = release(gateway, "ballerup", window, Template.PAYMENT_DOCUMENT, Recipient.OPERATOR)
        shown = _read(gateway, released).shown
        line = shown["lines"][0]
        back = "  (a relapse takes back)" if line["quantity"] < 0 else ""
        amount = f"{english_money(shown['payable']['amount_minor'], 'DKK')} DKK"
        story.note(f"{window}  {line['quantity']:>+3} person(s)  {amount:>16}{back}")
        _keep(directory, released)
    story.note("[yellow]illustrative[/]: price, threshold and hours are not public")
    story.step("released to the investor, once, at the contract's end: met or not met, and nothing else")
    released = release(gateway, "ballerup", "2020H2", Template.PREDICATE, Recipient.INVESTOR)
    _keep(directory, released)
    verified = _read(gateway, released)
    met = "met" if verified.shown["threshold"]["met"] else "not met"
    story.note(f"threshold {met}; rules sha256 {verified.claims['contract']['rules_sha256']}")
    story.note(f"shown: {', '.join(sorted(verified.shown))}")
    publication.publish(gateway)
    _log(story, gateway)


def _install(story: _Story, directory: Path, place: _Place) -> tuple[Gateway, Course, Drop]:
    course = load_course((_EXAMPLES / "courses" / f"{place.contract}.toml").read_bytes(), file=f"{place.contract}.toml")
    story.step(f"simulated the registers' files of {place.name}")
    with progress_bar("writing the extract", on=story.console) as report:
        drop = write_drop(
            directory / place.contract / "drop",
            course,
            seed=_SEED,
            extract_people=_EXTRACT_PEOPLE,
            progress=report,
        )
    gateway = initialise(
        Settings(data_directory=directory / place.contract / "gateway"),
        host_name=f"gateway.{place.contract}.example",
        municipality_code=place.code,
        municipality_name=place.name,
        kind=Kind.DEMO,
    )
    files = [_EXAMPLES / kind / f"{place.contract}.toml" for kind in ("contracts", "programmes")]
    _accept(story, gateway, *files, folder=directory / _PARTIES)
    contract = declarations.activate_contract(gateway, *files)
    for source in contract.sources:
        declarations.declare_source(gateway, _EXAMPLES / "sources" / f"{source}.toml")
    story.step(f"put contract {contract.id} v{contract.version} in force, sha256 {contract.sha256}")
    enrolled = enrolment.enrol(gateway, contract.id, contract.cohort.batches[0].id, drop.referrals)
    story.step(f"enrolled {enrolled.count} people and sealed the denominator, seal {enrolled.seal_sha256}")
    return gateway, course, drop


def _accept(story: _Story, gateway: Gateway, contract_file: Path, programme_file: Path, *, folder: Path) -> None:
    """Every party accepts the contract's text, each with a key of its own that is made here for it."""
    contract = acceptances.accept(gateway, contract_file, programme_file)
    story.step(f"every party accepted contract {contract.id} v{contract.version}, sha256 {contract.sha256}")
    story.note(f"under the trust anchor {gateway.fingerprint}")
    text, trust = ContractText.load(contract_file.read_bytes()), TrustFile.load(gateway.trust_file())
    folder.mkdir(mode=0o700, exist_ok=True)
    own = accepted.own_parties(gateway, contract)
    for party in waiting.parties(contract):
        if party not in own:
            key = _own_key(folder, party[1])
            token = accept(text, trust, party, key, at=int(time.time()))
            (folder / f"{contract.id}-{party[0]}.acceptance.jwt").write_text(token + "\n", encoding="ascii")
            acceptances.take_in(gateway, contract_file, token, key=key.kid)
    with gateway.store.read() as session:
        stands = accepted.standing(session, contract)
    for role, organisation in waiting.parties(contract):
        story.note(f"{role:<14} {organisation:<24} key {stands[role, organisation].kid}")
    story.note(f"software keys, made for this story in {folder}; a real party keeps its own elsewhere")


def _own_key(folder: Path, organisation: str) -> signing.PemSigner:
    """The key that a simulated party keeps for all its contracts."""
    file = folder / f"{organisation}.key.pem"
    return signing.load(file, bytes) if file.exists() else signing.make(file, b"")


def _pull(story: _Story, gateway: Gateway, place: _Place, drop: Drop) -> None:
    for source, path in ((place.source, drop.status), ("income", drop.income)):
        files = [path] if path.is_file() else sorted(path.iterdir())
        read = outside = skipped = 0
        unknown: dict[str, int] = {}
        with progress_bar(f"pulling {source}", on=story.console) as report:
            for file in files:
                try:
                    done = pulling.pull(gateway, place.contract, source, file, progress=report)
                except FileNotNeeded:
                    skipped += 1
                    continue
                read, outside = read + done.rows_read, outside + done.rows_outside_cohort
                for code, count in done.unknown_codes.items():
                    unknown[code] = unknown.get(code, 0) + count
        story.step(f"pulled {source}: {len(files) - skipped} file(s), {read:,} rows read")
        story.note(f"dropped at the door: {outside:,} rows of people outside the cohort, every other column")
        if skipped:
            story.note(f"not needed: {skipped} file(s) cover no week of the contract")
        if unknown:
            story.note(f"unknown codes, counted and never guessed: {counts(unknown)} (person-weeks)")


def _evaluate_course(story: _Story, gateway: Gateway, course: Course) -> None:
    story.step("evaluated the contract as of three days, for municipal eyes")
    rows = [("published", "our reading", "week", "evaluated")]
    for point in course.points:
        result, _ = evaluation.evaluate_week(gateway, course.contract, point.week)
        held = result.quantity("self_support_full_or_partial")
        agrees = "agrees" if held == point.people else "differs"
        rows.append((point.published, point.reading, str(point.week), f"{held} of {result.participants} {agrees}"))
    columns(rows, on=story.console, indent=4)
    story.note("goal: 60 people; not reached, so the threshold is not met and the investor earns nothing")


def _release_windows(story: _Story, gateway: Gateway, contract: str, last: str) -> None:
    story.step("released the operator's payment documents, window by window")
    with gateway.store.read() as session:
        windows = gateway.contract(session, contract).windows_until(last)
    for window in windows:
        done = release(gateway, contract, window.label, Template.PAYMENT_DOCUMENT, Recipient.OPERATOR)
        shown = _read(gateway, done).shown
        weeks = sum(line["quantity"] for line in shown["lines"])
        amount = f"{english_money(shown['payable']['amount_minor'], 'DKK')} DKK"
        story.note(f"{window.label}  {weeks:>6,} weeks  {amount:>18}")
    story.note("[yellow]illustrative[/]: the price per week is not public")


def _log(story: _Story, gateway: Gateway) -> None:
    story.step("recomputed the logs from their rows")
    for report in oversight.verify_logs(gateway):
        story.note(f"{report.log:<8} {report.size:>4} entries, {report.anchor}")
    with gateway.store.read() as session:
        contract = gateway.contract(session, contract_queries.contract_ids(session)[0])
    dpo = Party(contract.party("outcome_payer").organisation, Role.DPO)
    events = oversight.read_log(gateway, dpo, first=0, count=500)
    kinds: dict[str, int] = {}
    for event in events:
        kinds[event.kind] = kinds.get(event.kind, 0) + 1
    story.note(f"the data protection officer reads: {counts(kinds)}")


def _verify(story: _Story, gateway: Gateway, bundle: bytes, directory: Path) -> None:
    story.act("The investor, offline: verify-outcome")
    data, _ = oversight.export_trust(gateway)
    (directory / "TRUST.json").write_bytes(data)
    path = directory / "impact60-2020H2-contract_total-investor.bundle.json"
    contract = _EXAMPLES / "contracts" / "impact60.toml"
    own = _own_key(directory / _PARTIES, "den-sociale-kapitalfond").kid
    command = f"$ verify-outcome {path} --trust {directory / 'TRUST.json'} --contract {os.path.relpath(contract)}"
    story.console.print(f"{command} --accepted-by {own}", style="dim")
    trust = TrustFile.load(data)
    demands = Demands(contract.read_bytes(), accepted_by=frozenset({own}))
    verified = verify_bundle(bundle, trust, now=int(time.time()), demands=demands)
    for line in verdict_lines(verified, trust):
        story.console.print(line)
    story.console.print("\nAnd with one byte of a shown claim changed:")
    for line in _changed_byte(bundle, trust):
        story.console.print(f"  {line}", style="red")


def _changed_byte(bundle: bytes, trust: TrustFile) -> list[str]:
    """What the verifier says of the bundle with one byte of its first disclosure changed."""
    body = canonical.loads(bundle)
    token: str = body["attestation"]
    place = token.index("~") + 24
    letter = "A" if token[place] != "A" else "B"
    body["attestation"] = token[:place] + letter + token[place + 1 :]
    try:
        verify_bundle(canonical.dumps(body) + b"\n", trust, now=int(time.time()))
    except VerificationError as error:
        return [f"NOT VERIFIED at check {error.step} (exit code {error.exit_code}): {error}"]
    raise RuntimeError("a changed byte was not noticed")


def _read(gateway: Gateway, released: Released) -> VerifiedOutcome:
    """The bundle as its recipient reads it."""
    return verify_bundle(released.bundle, TrustFile.load(gateway.trust_file()), now=int(time.time()))


def _keep(directory: Path, released: Released) -> None:
    name = f"{released.contract}-{released.window}-{released.template}-{released.recipient}.bundle.json"
    (directory / name).write_bytes(released.bundle)


def _expect_refusal(story: _Story, attempt: Callable[[], object]) -> None:
    try:
        attempt()
    except PolicyDenied as error:
        story.note_refusal(error)
    else:
        raise RuntimeError("the policy allowed what this story shows as refused")


def _empty(directory: Path) -> None:
    """Empty the demo's own folder; never another one."""
    if directory.exists():
        if not (directory / _MARK).exists() and any(directory.iterdir()):
            raise UnsafeDirectory(where=str(directory))
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    (directory / _MARK).write_text("made by `gateway demo`; emptied by the next one\n", encoding="utf-8")
