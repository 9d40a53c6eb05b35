"""A file with several mistakes names each once, with its line, and nothing that only follows from one of them."""

from __future__ import annotations

import pytest

from gateway.outcomes.contract_file import load_contract
from policies.programme_file import load_programme
from tests.support.histories import EXAMPLES
from vocabulary.errors import DeclarationInvalid

# what stands in the file -> what stands there instead -> the key that is named -> words of the reason
Edit = tuple[str, str, str, str]
UNKNOWN: Edit = ("k = 5\n", "k = 5\nbonus = 1\n", "disclosure.bonus", "not a word of this language")
MISSPELT: Edit = (
    "weeks_from_enrolment = 156", "weeks_from_enrollment = 156", "measures.0.weeks_from_enrollment",
    "weeks_from_enrolment is missing, and may be meant",
)  # fmt: skip
TYPE: Edit = ("days_after_window = 60", 'days_after_window = "60"', "freeze.days_after_window", "a whole number")
MISSING: Edit = ("legal_role = ", "# legal_role = ", "parties.operator.legal_role", "is missing")
BOUND: Edit = ("k_cohort = 25", "k_cohort = 20", "disclosure.k_cohort", "at least 25")
DANGLING: Edit = ('of = "weeks_in_work', 'of = "weks_in_work', "tariffs.0.of", "knows no measure")
WINDOWS: Edit = ('to_week = "2019-W26"', 'to_week = "2018-W26"', "windows.1.to_week", "lies before from_week")
GAP: Edit = ('from_week = "2019-W27"', 'from_week = "2019-W28"', "windows.2.from_week", "without gap or overlap")
TWICE: Edit = ('id = "fleksjob"', 'id = "ordinary_job"', "states.1.id", "same name twice")
SIZES: Edit = ("\nsize = 120\nenrolment_from", "\nsize = 121\nenrolment_from", "cohort.batches", "add up")
WORD: Edit = ('currency = "DKK"', 'currency = "kroner"', "currency", "must be")
STATUS: Edit = ('statuses = ["skaanejob"]', 'statuses = ["protected"]', "states.2.statuses", "knows no status")
LEAKS: Edit = (
    'template = "contract_total"\nrecipients = ["investor"', 'template = "reached"\nrecipients = ["investor"', "", "",
)  # fmt: skip
CONTRACTS: dict[str, tuple[Edit, ...]] = {
    "a key that nobody knows, and one of another type": (UNKNOWN, TYPE),
    "a missing key, a number out of its bounds, and a row that is named twice": (MISSING, BOUND, TWICE),
    "a price of something that does not exist, and windows that end before they begin": (DANGLING, WINDOWS),
    "a window that ends before it begins says nothing of the next": (WINDOWS, UNKNOWN),
    "a gap between windows, sizes that do not add up, a currency that is none": (GAP, SIZES, WORD),
    "two mistakes in one table": (UNKNOWN, BOUND),
    "a misspelt key is one mistake": (MISSPELT, TYPE, DANGLING),
    "six of six kinds": (UNKNOWN, TYPE, MISSING, BOUND, DANGLING, STATUS),
}
TOTAL = 'id = "investor-total"\norganisation = "'
PROGRAMMES: dict[str, tuple[Edit, ...]] = {
    "a purpose that is none, and a day before the first": (
        ('"outcome-payment", ', '"outcome-paymnt", ', "purposes", "vocabulary Purpose"),
        ('kle = "15.20.00"', 'kle = "15"', "retention.kle", "KLE"),
    ),
    "a grant to nobody, a notice elsewhere, a key that nobody knows, no title": (
        (f"{TOTAL}d", f"{TOTAL}xd", "grants", "not declared"),
        ('"../notices/impact60/1.da.md"', '"/etc/1.da.md"', "notices.0.file", "plain path"),
        ("suspension_days = 5", "suspension_day = 5", "suspension_day", "suspension_days may be meant"),
        ('archive = "preserve"', 'archive = "burn"', "retention.archive", "must be one of"),
    ),
}  # fmt: skip


def mistaken(text: str, edits: tuple[Edit, ...]) -> str:
    for old, new, _, _ in edits:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def check(refused: DeclarationInvalid, text: str, edits: tuple[Edit, ...]) -> None:
    mistakes = refused.mistakes
    assert len(mistakes) == len(edits), str(refused)
    assert [one.line for one in mistakes] == sorted(one.line for one in mistakes)
    for _, _, key, reason in edits:
        [named] = [one for one in mistakes if one.key.startswith(key) and reason in one.reason]
        written = text.splitlines()[named.line - 1]
        assert written.startswith("[") or written.split(" = ")[0] == named.key.rpartition(".")[2]
        assert str(refused).count(f"line {named.line}: {named.key} ") == 1
    assert f"has {len(edits)} mistakes:" in str(refused)


@pytest.mark.parametrize("edits", CONTRACTS.values(), ids=CONTRACTS)
def test_every_mistake_of_a_contract_is_named_at_once(edits: tuple[Edit, ...]):
    text = mistaken((EXAMPLES / "contracts" / "impact60.toml").read_text("utf-8"), edits)
    with pytest.raises(DeclarationInvalid) as refused:
        load_contract(text.encode(), file="impact60.toml")
    check(refused.value, text, edits)


@pytest.mark.parametrize("edits", PROGRAMMES.values(), ids=PROGRAMMES)
def test_every_mistake_of_a_programme_is_named_at_once(edits: tuple[Edit, ...]):
    text = mistaken((EXAMPLES / "programmes" / "impact60.toml").read_text("utf-8"), edits)
    with pytest.raises(DeclarationInvalid) as refused:
        load_programme(text.encode(), file="impact60.toml")
    check(refused.value, text, edits)
    assert str(refused.value).endswith("\n  correct the programme file and load it again")


@pytest.mark.parametrize("broken", ["k = = 5\n", 'k = "\n', "[disclosure\n"])
def test_what_is_not_toml_stands_alone(broken: str):
    text = mistaken((EXAMPLES / "contracts" / "impact60.toml").read_text("utf-8"), (TYPE, BOUND))
    with pytest.raises(DeclarationInvalid, match="is not TOML") as refused:
        load_contract(text.replace("k = 5\n", broken, 1).encode(), file="impact60.toml")
    [alone] = refused.value.mistakes
    assert text.splitlines()[alone.line - 1].startswith(("k = 5", "k_cohort"))


def test_what_is_reckoned_from_a_mistake_is_no_second_one():
    """The highest return of what was lent is a power of its years, and these are no number here."""
    text = (EXAMPLES / "contracts" / "laer-for-livet.toml").read_text("utf-8")
    broken = text.replace("return_years = 8", 'return_years = "eight"')
    with pytest.raises(DeclarationInvalid) as refused:
        load_contract(broken.encode(), file="laer-for-livet.toml")
    assert [one.key for one in refused.value.mistakes] == ["caps.return_years"]


def test_an_appointment_of_nobody_is_named_once():
    text = (EXAMPLES / "programmes" / "viborg.toml").read_text("utf-8").replace('staff = "ole"', "staff = 1")
    with pytest.raises(DeclarationInvalid) as refused:
        load_programme(text.encode(), file="viborg.toml")
    assert [one.key for one in refused.value.mistakes] == ["appointments.1.staff"]


def test_a_calendar_that_leaks_is_named_beside_other_mistakes():
    text = (EXAMPLES / "contracts" / "ballerup.toml").read_text("utf-8")
    edits = (('recipients = ["operator"]', 'recipients = ["investor"]'), ("dispute_days = ", "dispute_day = "))
    for old, new in edits:
        text = text.replace(old, new)
    with pytest.raises(DeclarationInvalid) as refused:
        load_contract(text.encode(), file="ballerup.toml")
    rules = [one.rule for one in refused.value.mistakes]
    assert "key-unknown" in rules
    assert any(rule.startswith("calendar-") for rule in rules)


def test_a_release_in_a_window_that_does_not_exist_is_named_and_no_calendar_is_audited():
    text = (
        (EXAMPLES / "contracts" / "ballerup.toml")
        .read_text("utf-8")
        .replace('"2020H1", "2020H2"', '"2020H1", "2020H9"')
    )
    with pytest.raises(DeclarationInvalid, match="knows no window '2020H9'") as refused:
        load_contract(text.encode(), file="ballerup.toml")
    assert {one.reason for one in refused.value.mistakes} == {"knows no window '2020H9'"}
