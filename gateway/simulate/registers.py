"""Writes the registers' files: a wide DREAM-type extract, monthly Ydelsesrefusion and income files, a referral list.

Layouts: DREAM `PNR` and `y_YYWW`, empty = no benefit; Ydelsesrefusion as received from KOMBIT, `;`-separated;
income with paid hours (field 200 of the income register) and income type. Code frequencies of the people
outside the cohort follow published weekly marginals (domain facts: DREAM simulation material).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from connectors.base import Progress, no_progress
from connectors.codes import income_types, statuses
from gateway.simulate.course import Activity, Course, Life
from vocabulary.statuses import IncomeType, Status
from vocabulary.total import total
from vocabulary.weeks import Month, Week

# per ten thousand person-weeks; what is left over goes to codes that are rarer
_MARGINALS = {
    "": 6125, "651": 1891, "652": 871, "997": 236, "881": 228, "111": 142, "890": 86, "783": 80, "730": 60,
    "733": 51, "121": 37, "130": 29, "771": 25, "720": 21, "115": 21, "774": 17, "781": 10, "740": 20,
    "810": 20, "870": 15, "998": 15,
}  # fmt: skip
_POOL = 2000  # distinct invented histories that the people outside the cohort share

_DREAM_CODE = total({
    Activity.JOB: "", Activity.NO_RECORD: "", Activity.SMALL_JOB: "", Activity.FLEKSJOB: "771",
    Activity.SKAANEJOB: "781", Activity.EDUCATION: "651", Activity.PARTIAL_JOB: "730", Activity.BENEFIT: "730",
    Activity.WAGE_SUBSIDY: "736", Activity.SICKNESS: "890", Activity.PENSION: "783", Activity.DEAD: "999",
    Activity.UNKNOWN_CODE: "115",
}, Activity)  # fmt: skip
_YR_BENEFIT = {
    Activity.FLEKSJOB: "Fleksløntilskud", Activity.PARTIAL_JOB: "Kontanthjælp", Activity.BENEFIT: "Kontanthjælp",
    Activity.WAGE_SUBSIDY: "Løntilskud", Activity.SICKNESS: "Sygedagpenge", Activity.PENSION: "Førtidspension",
    Activity.UNKNOWN_CODE: "Ukendt ydelse",
}  # fmt: skip
_HOURS_A_WEEK = {  # hundredths
    Activity.JOB: 3700,
    Activity.PARTIAL_JOB: 1200,
    Activity.WAGE_SUBSIDY: 2000,
    Activity.SMALL_JOB: 300,
    Activity.FLEKSJOB: 1500,
}

# activity -> the income register's type, and the month's amount in whole kroner
_PAY = {
    **dict.fromkeys(_HOURS_A_WEEK, ("00", 21000)),
    Activity.EDUCATION: ("01", 6589),
    Activity.BENEFIT: ("06", 11554),
    Activity.SICKNESS: ("06", 11554),
}
SOURCES = ("dream", "ydelsesrefusion")


def simulated_source(sources: Sequence[str]) -> str:
    """The first of a contract's status sources that is simulated here, or else the first of them."""
    return next((source for source in sources if source in SOURCES), sources[0])


def shown_status(source: str, activity: Activity) -> Status:
    """What a status register shows in a week of an activity, by the code that is written here; one that is not among
    `SOURCES` is taken to show what DREAM does."""
    source = source if source in SOURCES else "dream"
    code = _DREAM_CODE[activity] if source == "dream" else _YR_BENEFIT.get(activity, "")
    return statuses(source).get(code, Status.UNKNOWN) if code else Status.NO_BENEFIT


def dream_code(activity: Activity) -> str:
    """The DREAM code of a week; empty where no benefit is paid."""
    return _DREAM_CODE[activity]


def refunded_benefit(activity: Activity) -> str:
    """What a municipality pays in a week, by name; empty where it pays nothing."""
    return _YR_BENEFIT.get(activity, "")


def pay_of(activity: Activity, weeks: int) -> tuple[str, int, int] | None:
    """The month's income: its type's code, paid hours in hundredths, whole kroner; None where there is none."""
    if activity not in _PAY:
        return None
    code, kroner = _PAY[activity]
    return code, _HOURS_A_WEEK.get(activity, 0) * weeks, kroner


def shown_income(activity: Activity, weeks: int) -> tuple[IncomeType, int, int] | None:
    """What the income register shows in a month of so many weeks: type, paid hours in hundredths, minor units."""
    paid = pay_of(activity, weeks)
    return None if paid is None else (income_types()[paid[0]], paid[1], paid[2] * 100)


def replacement_cpr(number: int) -> str:
    """The replacement CPR number (day + 60) of the n-th invented person: ten digits, unique below 28 million."""
    number, day = divmod(number, 28)
    number, month = divmod(number, 12)
    serial, year = divmod(number, 40)
    if serial >= 2000:
        raise ValueError("more invented people than replacement numbers")
    return f"{61 + day:02d}{1 + month:02d}{60 + year:02d}{1000 + serial:04d}"


def write_referrals(path: Path, lives: Sequence[Life], *, offset: int, notice: str) -> None:
    """The enrolment list of a cohort, as the case system exports it."""
    lines = ["CPR nummer;Henvist dato;Leverandørens sagsnummer;Underretning"]
    for life in lives:
        cpr = replacement_cpr(offset + life.number)
        lines.append(f"{cpr};{life.enrolled_on.isoformat()};SAG-{life.number + 1:04d};{notice}")
    _write(path, lines)


def write_dream(
    path: Path,
    course: Course,
    lives: Sequence[Life],
    *,
    offset: int,
    extract_people: int,
    seed: int,
    progress: Progress = no_progress,
) -> None:
    """A wide extract with a row per person: the cohort, spread among `extract_people` others."""
    weeks = _weeks(course)
    names = [f"y_{str(week)[2:4]}{str(week)[6:]}" for week in weeks]
    rng = random.Random(f"{seed}:dream")
    pool = [_stranger(rng, len(weeks)) for _ in range(min(_POOL, max(extract_people, 1)))]
    own = {offset + life.number: ",".join(_dream_codes(course, life, weeks)) for life in lives}
    order = list(range(offset + course.people, offset + course.people + extract_people)) + list(own)
    rng.shuffle(order)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(["PNR", *names]) + "\n")
        for done, number in enumerate(order):
            row = own.get(number) or pool[number % len(pool)]
            file.write(f"{replacement_cpr(number)},{row}\n")
            if done % 20_000 == 0:
                progress(done, len(order))
    progress(len(order), len(order))


def write_benefits(folder: Path, course: Course, lives: Sequence[Life], *, offset: int, extract_people: int) -> None:
    """One Ydelsesrefusion file a month: a row per person and week with a benefit."""
    header = (
        "CPR nummer;Uge;Ydelse;Finansiering Kommunenavn;Beregnet udbetalingsbeløb;Refusionsbeløb;Medfinansieringsbeløb"
    )
    strangers = [replacement_cpr(offset + course.people + number) for number in range(extract_people)]
    for position, month in enumerate(_month_range(course)):
        lines = [header]
        for week in month.weeks():
            year, number, _ = week.monday.isocalendar()
            for life in lives:
                benefit = _YR_BENEFIT.get(life.activities[position])
                if benefit:
                    cpr = replacement_cpr(offset + life.number)
                    lines.append(f"{cpr};{year}-{number:02d};{benefit};Ballerup;2811,00;562,20;2248,80")
            lines.extend(f"{cpr};{year}-{number:02d};Sygedagpenge;Ballerup;4405,00;881,00;3524,00" for cpr in strangers)
        received = (month + 1).first_day + timedelta(days=9)
        _write(folder / f"yr-ydelsesrefusion-beregning-{received.isoformat()}.csv", lines)


def write_income(path: Path, course: Course, lives: Sequence[Life], *, offset: int, extract_people: int) -> None:
    """The income register's postings of all months: paid hours with decimal comma, income type, one a month."""
    lines = ["CPR nummer;Måned;Indkomsttype;Betalte timer;SE-nummer;Beløb"]
    for position, month in enumerate(_month_range(course)):
        weeks = len(month.weeks())
        for life in lives:
            cpr = replacement_cpr(offset + life.number)
            activity = life.activities[position]
            if activity in _PAY:
                code, kroner = _PAY[activity]
                hours = _hours(_HOURS_A_WEEK.get(activity, 0) * weeks)
                lines.append(f"{cpr};{month};{code};{hours};00000000;{kroner},00")
        for number in range(extract_people):
            cpr = replacement_cpr(offset + course.people + number)
            lines.append(f"{cpr};{month};00;{_hours(3700 * weeks)};00000000;24000,00")
    _write(path, lines)


def _dream_codes(course: Course, life: Life, weeks: Iterable[Week]) -> list[str]:
    return [_DREAM_CODE[life.activities[week.month - course.first_month]] for week in weeks]


def _stranger(rng: random.Random, weeks: int) -> str:
    """Comma-joined codes of somebody outside the cohort: spells whose weekly marginals are the published ones."""
    codes, weights = list(_MARGINALS), list(_MARGINALS.values())
    row: list[str] = []
    while len(row) < weeks:
        row.extend(rng.choices(codes, weights)[0:1] * rng.randint(4, 52))
    return ",".join(row[:weeks])


def _month_range(course: Course) -> list[Month]:
    return [course.first_month + n for n in range(course.last_month - course.first_month + 1)]


def _weeks(course: Course) -> list[Week]:
    return [week for month in _month_range(course) for week in month.weeks()]


def _hours(hundredths: int) -> str:
    return f"{hundredths // 100},{hundredths % 100:02d}"


def _write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
