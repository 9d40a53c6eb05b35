"""Code lists: fleksjob and skånejob are outcomes although coded, exits are exits, and no code is guessed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import connectors.codes as codes
from connectors.codes import income_type_in, income_types, shipped_list, statuses
from vocabulary.errors import DeclarationInvalid
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Month, Week

# the traps of the issue, and one of each row of the published table
DREAM = [
    ("", Status.NO_BENEFIT),
    ("111", Status.UNEMPLOYED), ("114", Status.UNEMPLOYED), ("130", Status.UNEMPLOYED), ("140", Status.UNEMPLOYED),
    ("153", Status.UNEMPLOYED), ("160", Status.UNEMPLOYED), ("121", Status.HOLIDAY), ("126", Status.HOLIDAY),
    ("211", Status.ACTIVATION), ("299", Status.ACTIVATION), ("412", Status.LEAVE), ("511", Status.SUPPORTED_WORK),
    ("621", Status.EARLY_RETIREMENT), ("651", Status.EDUCATION), ("652", Status.EDUCATION), ("661", Status.EDUCATION),
    ("700", Status.BENEFIT), ("710", Status.BENEFIT), ("720", Status.BENEFIT), ("730", Status.BENEFIT),
    ("731", Status.BENEFIT), ("740", Status.BENEFIT), ("810", Status.BENEFIT), ("870", Status.BENEFIT),
    ("750", Status.REHABILITATION), ("760", Status.REHABILITATION), ("771", Status.FLEKSJOB), ("774", Status.FLEKSJOB),
    ("781", Status.SKAANEJOB), ("783", Status.DISABILITY_PENSION), ("881", Status.PARENTAL_LEAVE),
    ("890", Status.SICKNESS), ("899", Status.SICKNESS), ("997", Status.NOT_RESIDENT),
    ("998", Status.OLD_AGE_PENSION), ("999", Status.DEAD),
]  # fmt: skip


@pytest.mark.parametrize(("code", "status"), DREAM, ids=lambda value: str(value) or "empty")
def test_dream_codes_mean_what_the_published_list_says(code: str, status: Status) -> None:
    assert statuses("dream")[code] is status


@pytest.mark.parametrize("group", ["13", "14", "16", "21", "71", "72", "73", "74", "75", "76", "81", "87", "89"])
def test_a_third_digit_5_or_6_is_wage_subsidy(group: str) -> None:
    """Paid work that is still a benefit week: the contract says whether it counts."""
    assert {statuses("dream")[group + digit] for digit in "56"} == {Status.WAGE_SUBSIDY}


@pytest.mark.parametrize("code", ["724", "734", "744", "754", "764", "814", "874"])
def test_ordinary_education_under_a_benefit_is_no_education_outcome(code: str) -> None:
    assert statuses("dream")[code] in (Status.BENEFIT, Status.REHABILITATION)


@pytest.mark.parametrize("code", ["115", "000", "784", "772", "99", "0771", " 771", "7710"])
def test_a_code_that_no_list_explains_has_no_status(code: str) -> None:
    assert code not in statuses("dream")


def test_no_list_says_unknown_and_every_code_has_one_meaning() -> None:
    """UNKNOWN is what is left where a list is silent; a list that says it would hide a code from the counts."""
    for name in ("dream", "ydelsesrefusion", "sf1491"):
        assert Status.UNKNOWN not in statuses(name).values()
    assert IncomeType.UNKNOWN not in income_types().values()


def test_benefit_names_that_decide_an_outcome() -> None:
    names = statuses("ydelsesrefusion")
    assert names["fleksløntilskud"] is Status.FLEKSJOB
    assert names["ledighedsydelse"] is Status.BENEFIT, "approved for a fleksjob, and without one"
    assert names["løntilskud"] is Status.WAGE_SUBSIDY
    assert names["løntilskud til førtidspensionister"] is Status.SKAANEJOB
    assert names["førtidspension"] is Status.DISABILITY_PENSION
    assert names["kontanthjælp"] is Status.UNEMPLOYED
    assert all(name == " ".join(name.lower().split()) for name in names), "names are compared in this form"


def test_only_type_00_is_wage() -> None:
    assert [code for code, word in income_types().items() if word is IncomeType.WAGE] == ["00"]
    assert income_types()["01"] is IncomeType.EDUCATION_GRANT
    assert "02" not in income_types()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('unemployed = ["111"]\nbenefit = ["110-112"]', "codes.benefit has '111', which unemployed has as well"),
        ('unemployed = "111"', "codes.unemployed must be a list"),
    ],
)
def test_a_list_that_contradicts_itself_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, said: str
) -> None:
    text = f'schema = "codes/1"\nlist = "x"\nvalid_from = 2020-01-01\n[codes]\n{table}\n'
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(codes, "files", lambda package: tmp_path)
    with pytest.raises(DeclarationInvalid, match=said):
        statuses("x")


def test_a_word_that_is_no_status_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'schema = "codes/1"\nlist = "y"\nvalid_from = 2020-01-01\n[codes]\nrich = ["1"]\n'
    (tmp_path / "y.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(codes, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match="rich"):
        statuses("y")


def test_the_digest_of_a_list_is_that_of_its_file() -> None:
    path = Path(codes.__file__).parent / "dream.toml"
    assert shipped_list("dream").sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("code", "week", "status"),
    [
        ("720", "2013-W52", None),
        ("720", "2014-W01", Status.BENEFIT),  # the week of 1 January
        ("145", "2013-W52", None),
        ("870", "2014-W26", None),
        ("870", "2014-W27", Status.BENEFIT),
        ("730", "2013-W52", Status.BENEFIT),
        ("115", "2020-W01", None),
        ("730", "1991-W30", None),
        ("730", "1991-W31", Status.BENEFIT),  # the week of 1 August, when the list begins
        ("", "1991-W30", None),  # an empty cell means something in the list's days alone
        ("", "1991-W31", Status.NO_BENEFIT),
    ],
)
def test_a_code_outside_its_days_is_unknown(code: str, week: str, status: Status | None) -> None:
    assert shipped_list("dream").status_in(code, Week.parse(week)) is status


@pytest.mark.parametrize(
    ("name", "code", "before", "first"),
    [
        ("ydelsesrefusion", "kontanthjælp", "2015-W53", "2016-W01"),
        ("sf1491", "uddannelseshjælp", "2013-W52", "2014-W01"),
    ],
)
def test_a_name_means_nothing_before_its_list_or_its_statute(name: str, code: str, before: str, first: str) -> None:
    assert shipped_list(name).status_in(code, Week.parse(before)) is None
    assert shipped_list(name).status_in(code, Week.parse(first)) is Status.UNEMPLOYED


def test_a_list_whose_days_nobody_published_says_none() -> None:
    """The date in the namespace of SF1491 is that of its messages: payments of earlier years come in them."""
    assert shipped_list("sf1491").status_in("sygedagpenge", Week.parse("2019-W10")) is Status.SICKNESS


@pytest.mark.parametrize(
    ("code", "month", "word"),
    [
        ("00", "2007-12", None),
        ("00", "2008-01", IncomeType.WAGE),
        ("00", "2020-03", IncomeType.WAGE),
        ("02", "2020-03", None),
    ],
)
def test_an_income_type_before_its_list_is_unknown(code: str, month: str, word: IncomeType | None) -> None:
    assert income_type_in(code, Month.parse(month)) is word


def written(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, *, name: str) -> None:
    """A list of this name in the place of those that come with the software."""
    (folder / f"{name}.toml").write_text(f'schema = "codes/1"\nlist = "{name}"\n{text}', encoding="utf-8")
    monkeypatch.setattr(codes, "files", lambda package: folder)


def test_a_list_that_has_ended_explains_nothing_after_its_last_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """valid_from = 2020-01-01
        valid_to = 2020-06-30
        source = "x"
        [codes]
        benefit = ["1"]
        sickness = ["2"]
        leave = ["3"]
        [[limits]]
        codes = ["2"]
        first = 2020-03-02
        source = "x"
        [[limits]]
        codes = ["3"]
        last = 2020-03-01
        source = "x"
        """
    written(tmp_path, monkeypatch, text, name="ended")
    found = shipped_list("ended")
    weeks = ["2019-W52", "2020-W01", "2020-W09", "2020-W10", "2020-W27", "2020-W28"]
    explained = {code: [week for week in weeks if found.status_in(code, Week.parse(week))] for code in "123"}
    assert explained == {"1": weeks[1:5], "2": weeks[3:5], "3": weeks[1:3]}
    assert set(found.statuses_in(Week.parse("2020-W27"), Week.parse("2020-W28"))) == set()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'valid_from = 2020-01-02\nvalid_to = 2020-01-01\n[codes]\nleave = ["1"]',
            "line 4: valid_to must not be before",
        ),
        ('valid_from = 2020-01-01\nvalid_to = 2020-02-01\n[codes]\nleave = ["1"]', "source is missing"),
        (
            """valid_from = 2020-01-01
[codes]
leave = ["1"]
[[limits]]
codes = ["1"]
first = 2019-12-31
source = "x"
""",
            "line 7: limits.0.codes exists on days on which the list does not hold",
        ),
    ],
)
def test_days_that_cannot_be_meant_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    written(tmp_path, monkeypatch, text, name="odd")
    codes._load.cache_clear()
    with pytest.raises(DeclarationInvalid, match=said):
        shipped_list("odd")


def test_a_code_that_does_not_exist_throughout_is_left_out_of_a_range() -> None:
    """A scan reads all weeks with one table, so it takes no code for known that was none in some of them."""
    before, after = Week.parse("2013-W50"), Week.parse("2014-W10")
    assert "720" not in shipped_list("dream").statuses_in(before, after)
    assert "720" in shipped_list("dream").statuses_in(after, after)
    assert "730" in shipped_list("dream").statuses_in(before, after)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ('codes = ["2"]\nfirst = 2014-01-01\nsource = "x"', "not in the list"),
        ('codes = ["1", "1-1"]\nfirst = 2014-01-01\nsource = "x"', "is not in the list, or has limits already"),
        ('codes = ["1", " 1"]\nfirst = 2014-01-01\nsource = "x"', "names a code twice"),
        ('codes = ["1"]\nsource = "x"', "needs a first day"),
        ('codes = ["1"]\nfirst = 2014-01-01\nlast = 2013-01-01\nsource = "x"', "needs a first day"),
        ('codes = ["1"]\nfirst = 2014-01-01', "source is missing"),
        ('codes = ["1"]\nfirst = "2014"\nsource = "x"', "must be a date"),
        ('codes = ["1"]\nclosed_to_new = 2000-01-01\nsource = "x"', "must lie after the code's first day"),
        ('codes = ["1"]\nlast = 2014-01-01\nclosed_to_new = 2014-01-02\nsource = "x"', "and not after its last"),
        ('codes = ["1"]\nclosed_to_new = 2014-01-01', "source is missing"),
    ],
)
def test_limits_that_cannot_be_meant_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: str, said: str
) -> None:
    text = f'schema = "codes/1"\nlist = "z"\nvalid_from = 2000-01-01\n[codes]\nbenefit = ["1"]\n[[limits]]\n{limits}\n'
    (tmp_path / "z.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(codes, "files", lambda package: tmp_path)
    codes._load.cache_clear()
    with pytest.raises(DeclarationInvalid, match=said):
        statuses("z")


def test_an_income_type_cannot_close_to_new_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody judges who is new to a type of income, so the word is refused and not passed over."""
    text = """valid_from = 2008-01-01
[codes]
wage = ["00"]
[[limits]]
codes = ["00"]
first = 2009-01-01
closed_to_new = 2010-01-01
source = "x"
"""
    written(tmp_path, monkeypatch, text, name="income_types")
    codes._load.cache_clear()
    with pytest.raises(DeclarationInvalid, match="closed_to_new is not a word"):
        codes._load("income_types")
    codes._load.cache_clear()


def test_bankrupt_employers_wages_are_no_work() -> None:
    """They are paid for an earlier time: unknown, and reported, until somebody decides."""
    assert "10" not in income_types()
    assert "11" not in income_types()
    assert income_types()["24"] is IncomeType.OTHER
