"""One reader for each kind of cell, for every source: what is not certain is a reason, never a value.

A cell is a text, whichever way it came: out of a CSV, a workbook, a JSON or XML answer, or a database. Space around it
means nothing, and neither do characters that nobody sees. What a reader does not read with certainty is a
`RejectReason`: whoever asked makes the person uncertain for that time, or stops. The table of what is read, what is
uncertain and what stops is docs/sources/cells.md, which is a test.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from connectors.codes import plain
from connectors.errors import RejectReason
from vocabulary.cpr_in_text import may_hide_cpr
from vocabulary.danish_days import DENMARK
from vocabulary.weeks import Month, Week

_EDGES = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff]+")  # space, and what has no width
# digits are those of ASCII: other scripts have some too
_DECIMALS = r"[0-9]{1,2}|[0-9]{2}0{2,}"  # three could be thousands; more are certain where they are zeros
# points, or spaces that do not break, stand between thousands where every group has three digits; one group after a
# point alone could be decimals
_GROUPED = (
    r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?=,)|[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}"
    r"|[1-9][0-9]{0,2}(?:\u00a0[0-9]{3})+|[1-9][0-9]{0,2}(?:\u202f[0-9]{3})+"
)
_NUMBER = re.compile(
    rf"(?P<sign>[-\u2212]?)(?:(?P<grouped>{_GROUPED})(?:,(?P<after_groups>[0-9]{{1,2}}))?"
    rf"|(?P<whole>[0-9]{{1,15}})(?:[.,](?P<after_whole>{_DECIMALS}))?)"
)
_MOST_HOURS = 10_000 * 100  # in one posting
_MOST_AMOUNT = 10_000_000 * 100  # kr. in one posting: what is larger is a number of something else

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)"
    r"(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_FIRST_DAY = date(1910, 1, 1)  # every day by which some system says "none" lies before: 0001, 1601, 1753, 1899, 1900 …
_LAST_DAY = date(2100, 12, 31)
_NO_DAYS = frozenset({date(1970, 1, 1)})  # the zero of a clock
_NO_END = frozenset({"9999-12-31", "2999-12-31"})

_MONTH = re.compile(r"([0-9]{4})-?([0-9]{2})")
_WEEK = re.compile(r"([0-9]{4})-?W?([0-9]{2})")
_YES = frozenset({"1", "-1", "true", "yes", "y", "ja", "j", "sand", "x"})
_NO = frozenset({"", "0", "false", "no", "n", "nej", "falsk"})  # a source may leave out what is not so
_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,40}")
_INCOME_TYPE = re.compile(r"[0-9]{2}")


def trim(text: str) -> str:
    """The text without space around it, of any kind, and without characters that have no width."""
    if text[:1].isalnum() and text[-1:].isalnum():
        return text  # nearly every cell
    first = _EDGES.match(text)
    text = text[first.end() :] if first else text
    while text and _EDGES.fullmatch(text[-1]):
        text = text[:-1]
    return text


def read_number(text: str) -> int | None:
    """A number in hundredths; None where it cannot be told which number it is.

    `1234`, `1234,5`, `1234.56`, `1.234,56`, `1.234.567`, each with a minus before it or without. `1.234` is a thousand
    to one writer and hardly more than one to another, so it is neither.
    """
    found = _NUMBER.fullmatch(trim(text))
    if found is None:
        return None
    whole = re.sub(r"[.\u00a0\u202f]", "", found["grouped"] or found["whole"])
    part = (found["after_groups"] or found["after_whole"] or "0")[:2].ljust(2, "0")
    hundredths = int(whole) * 100 + int(part)
    return -hundredths if found["sign"] else hundredths


def read_hours(text: str) -> int | RejectReason:
    """Hours in hundredths, below ten thousand; an empty cell is no hours."""
    if not trim(text):
        return 0
    hours = read_number(text)
    return RejectReason.HOURS if hours is None or abs(hours) >= _MOST_HOURS else hours


def read_amount(text: str) -> int | RejectReason:
    """An amount in øre; below ten million kroner, as the number of an employer or a person is not."""
    amount = read_number(text)
    return RejectReason.AMOUNT if amount is None or abs(amount) >= _MOST_AMOUNT else amount


def read_day(text: str) -> date | RejectReason:
    """`2020-03-01`, or the Danish day of an instant. A day by which some system says that there is none is no day."""
    text = trim(text)
    if _DAY.fullmatch(text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return RejectReason.DAY
    else:
        moment = _moment(text)
        if moment is None:
            return RejectReason.DAY
        day = moment.date()
    return day if _FIRST_DAY <= day <= _LAST_DAY and day not in _NO_DAYS else RejectReason.DAY


def read_last_day(text: str) -> date | RejectReason | None:
    """The last day of a period; None where the cell says that there is no end: it is empty, or a day such as
    `9999-12-31` that means so and nothing else.
    """
    text = trim(text)
    if not text or text in _NO_END:
        return None
    found = _INSTANT.fullmatch(text)
    return None if found is not None and found["day"] in _NO_END else read_day(text)


def read_instant(text: str) -> datetime | RejectReason:
    """An instant, in Danish time. Without an offset it is what a clock on a Danish wall showed; no instant where the
    clock never showed that, or showed it twice.
    """
    text = trim(text)
    moment = _moment(text)
    if moment is None or not _FIRST_DAY <= moment.date() <= _LAST_DAY or moment.date() in _NO_DAYS:
        return RejectReason.INSTANT
    found = _INSTANT.fullmatch(text)
    is_on_the_wall = found is not None and not found["offset"]
    if is_on_the_wall and moment.utcoffset() != moment.replace(fold=1).utcoffset():
        return RejectReason.INSTANT
    return moment


def _moment(text: str) -> datetime | None:
    """The instant that is written; of a wall's clock that shows a time twice, the first of them."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    try:
        written = datetime.fromisoformat(f"{found['day']}T{found['time']}{found['offset'] or ''}")
        return written.replace(tzinfo=DENMARK) if written.tzinfo is None else written.astimezone(DENMARK)
    except (ValueError, OverflowError):
        return None


def read_month(text: str) -> Month | RejectReason:
    """`2020-03` or `202003`."""
    found = _MONTH.fullmatch(trim(text))
    try:
        month = Month.parse(f"{found[1]}-{found[2]}") if found else None
    except ValueError:
        month = None
    if month is None or not _FIRST_DAY <= month.first_day <= _LAST_DAY:
        return RejectReason.MONTH
    return month


def read_week(text: str) -> Week | RejectReason:
    """`2020-W09`, `2020W09`, `2020-09` or `202009`."""
    found = _WEEK.fullmatch(trim(text))
    try:
        week = Week.from_iso(int(found[1]), int(found[2])) if found else None
    except ValueError:
        week = None
    return RejectReason.WEEK if week is None or not _FIRST_DAY <= week.monday <= _LAST_DAY else week


def read_flag(text: str) -> bool | RejectReason:
    """Yes or no, each a closed list of words in Danish and English; an empty cell is no."""
    word = trim(text).lower()
    if word in _YES:
        return True
    return False if word in _NO else RejectReason.FLAG


def read_code(text: str) -> str | RejectReason:
    """A code or a name as code lists hold it: case, and spaces around and within, do not matter.

    A row that is there and has no code says nothing: what it stands for is unknown, which is not that there is none.
    """
    return plain(trim(text)) or RejectReason.CODE


def read_income_type(text: str) -> str | RejectReason:
    """The two digits of an income type; a single one has lost its zero, or its other digit."""
    text = trim(text)
    return text if _INCOME_TYPE.fullmatch(text) else RejectReason.INCOME_TYPE


def read_reference(text: str) -> str | RejectReason:
    """A reference that goes back to whoever gave it: 1 to 40 letters, digits and hyphens, and no CPR number in
    any disguise."""
    text = trim(text)
    if not _REFERENCE.fullmatch(text) or may_hide_cpr(text):
        return RejectReason.CASE_REFERENCE
    return text
