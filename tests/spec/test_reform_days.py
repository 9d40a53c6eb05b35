"""Which code means what in which week around the days on which a law ended a benefit, for all or for new people.

A register codes a week for a single day of it, so a week that straddles a day belongs to both sides.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.codes import CodeList, shipped_list
from connectors.codes.newcomers import subjects_to_judge, without_newcomers
from connectors.declaration import load_declaration
from tests.support.histories import EXAMPLES
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

ANNE = SubjectRef("a" * 32)

ENDED = [
    # list, code, week -> what it means. 1 July 2025 is the Tuesday of W27, 1 January 2020 the Wednesday of 2020-W01.
    ("ydelsesrefusion", "uddannelseshjælp", "2025-W26", Status.UNEMPLOYED),
    ("ydelsesrefusion", "uddannelseshjælp", "2025-W27", Status.UNEMPLOYED),  # of its Monday, 30 June
    ("ydelsesrefusion", "uddannelseshjælp", "2025-W28", None),
    ("ydelsesrefusion", "kontanthjælp", "2025-W28", Status.UNEMPLOYED),  # goes on, and is now for all of them
    ("ydelsesrefusion", "integrationsydelse", "2020-W01", Status.UNEMPLOYED),
    ("ydelsesrefusion", "integrationsydelse", "2020-W02", None),
    ("ydelsesrefusion", "selvforsørgelses- og hjemrejseydelse", "2019-W52", None),
    ("ydelsesrefusion", "selvforsørgelses- og hjemrejseydelse", "2020-W01", Status.UNEMPLOYED),
    ("ydelsesrefusion", "selvforsørgelses- og hjemrejseydelse", "2025-W28", None),
    ("sf1491", "uddannelseshjælp", "2025-W27", Status.UNEMPLOYED),
    ("sf1491", "uddannelseshjælp", "2025-W28", None),
    ("sf1491", "integrationsydelse", "2020-W02", None),
    # what a law closed to new people alone keeps its meaning in every week
    ("ydelsesrefusion", "revalideringsydelse", "2027-W01", Status.REHABILITATION),
    ("dream", "810", "2027-W01", Status.BENEFIT),
    ("dream", "760", "2027-W01", Status.REHABILITATION),
    ("dream", "522", "2027-W01", Status.SUPPORTED_WORK),
    # one name for two benefits, of which one goes on; and codes of which nobody published a last day
    ("sf1491", "ressourceforløbsydelse", "2027-W01", Status.BENEFIT),
    ("dream", "720", "2026-W01", Status.BENEFIT),
]


@pytest.mark.parametrize(("name", "code", "week", "status"), ENDED)
def test_a_code_means_something_until_the_week_of_its_last_day(name: str, code: str, week: str, status: Status | None):
    assert shipped_list(name).status_in(code, Week.parse(week)) is status


NEW = [
    # what DREAM shows of one person, from the first week on -> weeks that are unknown. 1 July 2026 is the Wednesday of
    # W27, which holds two days on which somebody new could still get the benefit.
    ("goes on across the day", "2026-W25", ["810", "810", "810", "810", "810"], 0),
    ("began in the week of the last open day", "2026-W26", ["730", "810", "810"], 0),
    ("began in the week after it", "2026-W26", ["730", "730", "810", "813"], 2),
    ("came back to what it had", "2026-W25", ["810", "890", "890", "890", "813"], 0),
    ("went from one code of the benefit to another", "2026-W26", ["750", "890", "764"], 0),
    ("had another benefit that closed", "2026-W26", ["810", "730", "760"], 1),
    ("is seen for the first time with it", "2026-W40", ["810", "810"], 0),
    ("is seen for the first time without it", "2026-W40", ["", "810"], 1),
    ("has a benefit that did not close", "2026-W30", ["730", "870"], 0),
    ("became a substitute in jobrotation", "2026-W27", ["111", "522"], 1),
]


def spells(first: str, codes: list[str], known: CodeList) -> list[StatusSpell]:
    weeks = [Week.parse(first) + number for number in range(len(codes))]
    told = [(week, code, known.status_in(code, week)) for week, code in zip(weeks, codes, strict=True)]
    return [StatusSpell(ANNE, status or Status.UNKNOWN, code, week, week) for week, code, status in told]


@pytest.mark.parametrize(("who", "first", "codes", "unknown"), NEW, ids=[row[0] for row in NEW])
def test_whoever_had_a_closed_benefit_keeps_it_and_whoever_is_new_is_unknown_and_counted(
    who: str, first: str, codes: list[str], unknown: int
):
    known = shipped_list("dream")
    told = spells(first, codes, known)
    judged, counted = without_newcomers(told, {}, known)
    assert counted.total() == unknown, who
    assert sum(spell.status is Status.UNKNOWN for spell in judged) == unknown
    # nothing is lost, and nothing turns into no benefit
    assert [(spell.from_week, spell.code) for spell in judged] == [(spell.from_week, spell.code) for spell in told]
    kept = [(before.status, after.status) for before, after in zip(told, judged, strict=True)]
    assert all(after in (before, Status.UNKNOWN) for before, after in kept)


KNOWN_BEFORE = [
    # a monthly file shows nothing of the time before: what was told then decides
    ("had it", "2026-W20", ["revalideringsydelse"], 0),
    ("had something else", "2026-W20", ["kontanthjælp"], 2),
    ("had nothing", "2026-W20", [""], 2),
    ("nothing is known", None, [], 0),
    ("was unknown for the same reason", "2026-W36", ["kontanthjælp", "revalideringsydelse"], 2),
]


@pytest.mark.parametrize(("who", "first", "before", "unknown"), KNOWN_BEFORE, ids=[row[0] for row in KNOWN_BEFORE])
def test_what_the_source_told_earlier_decides_who_is_new(who: str, first: str | None, before: list[str], unknown: int):
    known = shipped_list("ydelsesrefusion")
    told = spells("2026-W40", ["revalideringsydelse", "revalideringsydelse"], known)
    earlier = {ANNE: spells(first, before, known)} if first is not None else {}
    _, counted = without_newcomers(told, earlier, known)
    assert counted.total() == unknown, who


def test_a_correction_stands_before_what_was_told_earlier():
    """Told now: the week of the last open day was kontanthjælp after all; so there is nothing that goes on."""
    known = shipped_list("ydelsesrefusion")
    told = [
        *spells("2026-W27", ["kontanthjælp"], known),
        *spells("2026-W40", ["revalideringsydelse"], known),
    ]
    earlier = {ANNE: spells("2026-W26", ["kontanthjælp", "revalideringsydelse"], known)}
    _, counted = without_newcomers(told, earlier, known)
    assert counted == {"revalideringsydelse (new after it closed)": 1}


def test_weeks_that_are_not_told_now_stand_as_they_were():
    """Told now: the week before the last open one. What was told of that one goes on to say that she had it."""
    known = shipped_list("dream")
    told = [*spells("2026-W26", ["730"], known), *spells("2026-W40", ["810"], known)]
    _, counted = without_newcomers(told, {ANNE: spells("2026-W27", ["810"], known)}, known)
    assert counted.total() == 0


def test_nothing_but_the_status_of_a_spell_changes():
    """And only whoever has a code after the last open week is judged at all."""
    known = shipped_list("dream")
    before, after = Week.parse("2026-W39"), Week.parse("2026-W42")
    new = StatusSpell(ANNE, Status.BENEFIT, "810", before + 1, after)
    told = [StatusSpell(ANNE, Status.BENEFIT, "730", before, before), new]
    assert subjects_to_judge(told, known) == [ANNE]
    assert subjects_to_judge(spells("2026-W26", ["730", "810"], known), known) == []
    judged, counted = without_newcomers(told, {}, known)
    assert judged == [told[0], replace(new, status=Status.UNKNOWN)]
    assert counted == {"810 (new after it closed)": 3}


def test_a_municipality_that_knows_the_day_says_it_in_its_own_codes():
    """Own codes stand before the list: another day, or no day at all for whom it found to be in the right."""
    source = (EXAMPLES / "sources" / "dream.toml").read_text("utf-8")
    own = '[codes]\nsource = "x"\n[codes.statuses]\nbenefit = ["810", "813"]\n'
    limit = '[[codes.limits]]\ncodes = ["810", "813"]\nclosed_to_new = 2026-02-01\nsource = "afgørelse"\n'
    for text, unknown in ((own, 0), (own + limit, 1)):
        known = load_declaration((source + text).encode(), file="dream.toml").codes
        # 31 January 2026 is the Saturday of W05
        counted = without_newcomers(spells("2026-W05", ["730", "810"], known), {}, known)[1]
        assert counted.total() == unknown
