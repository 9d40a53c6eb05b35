"""What a later version would change, before anybody accepts it; and on what ground it is proposed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import func, select

from gateway.contracts.procurement import ChangeGround, procurement_sheet
from gateway.documents.amending import AmendmentPreview, WindowMoved, preview
from gateway.documents.contract_page import Language
from gateway.errors.contracts import AmendmentRefused
from gateway.installation.in_force import newest_contract
from gateway.settlement.forecast import accruals
from gateway.store.log_tables import LogEntry
from tests.functional.test_amendments import AT_2020, BEFORE, DEARER, SECOND, built
from tests.functional.test_batches import paid
from tests.functional.test_blocks import WINDOWS
from tests.support.municipality import SimulatedMunicipality
from tests.support.simulated import Edit, amend, following
from vocabulary.errors import DeclarationInvalid


def later(town: SimulatedMunicipality, *edits: Edit) -> Path:
    """The file of a second version, of which nothing is in force."""
    before = text = (town.folder / "impact60.toml").read_text()
    for old, new in (SECOND, AT_2020, *edits):
        assert old in text
        text = text.replace(old, new)
    file = town.folder / "v2.toml"
    file.write_text(following(before, text))
    return file


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    return built(tmp_path_factory.mktemp("amending"))


def shown(town: SimulatedMunicipality, *edits: Edit, ground: ChangeGround | None = None) -> AmendmentPreview:
    return preview(town.gateway, later(town, *edits), language=Language.ENGLISH, ground=ground)


def test_a_preview_says_which_sentences_change(town: SimulatedMunicipality):
    [part] = shown(town, DEARER).words
    assert part.section == "What is paid"
    assert ["1,500.00" in line for line in part.before] == [True]
    assert ["2,000.00" in line for line in part.after] == [True]


def test_a_preview_says_what_is_owed_at_most_from_the_first_window_that_changes(town: SimulatedMunicipality):
    """30 people, and 1,500 or 2,000 kr. for each of their weeks."""
    first, *_, last = shown(town, DEARER).windows
    assert first == WindowMoved("2020H1", 30 * 91 * 150_000, 30 * 91 * 200_000)
    assert (last.window, last.most_after) == ("2021H1", 30 * 144 * 200_000)


FREEZE = ("days_after_window = 60", "days_after_window = 90")
QUARTERS = (
    '[[windows]]\nlabel = "2020H1"\nfrom_week = "2020-W01"\nto_week = "2020-W26"\n',
    (
        '[[windows]]\nlabel = "2020Q1"\nfrom_week = "2020-W01"\nto_week = "2020-W13"\n\n'
        '[[windows]]\nlabel = "2020Q2"\nfrom_week = "2020-W14"\nto_week = "2020-W26"\n'
    ),
)
SAID = {  # what a later version changes -> a sentence that is gone, and one that is new
    "the threshold": (("threshold_people = 15", "threshold_people = 12"), "15 of 30", "12 of 30"),
    "days to the freeze": (FREEZE, "60 days", "90 days"),
    "windows": (QUARTERS, "2020H1", "2020Q2"),
    "a table": (('reasons_windows = ["2020H2"]', 'reasons_windows = ["2021H1"]'), "2020H2", "2021H1"),
}


@pytest.mark.parametrize("name", SAID)
def test_a_preview_says_whatever_else_changes(town: SimulatedMunicipality, name: str):
    edit, gone, new = SAID[name]
    words = shown(town, edit).words
    assert any(gone in line for part in words for line in part.before)
    assert any(new in line for part in words for line in part.after)


def test_a_preview_says_what_is_owed_by_windows_that_are_cut_anew(town: SimulatedMunicipality):
    """By the end of one that the text in force does not have it owes what it owes by the one before."""
    windows = {one.window: one for one in shown(town, QUARTERS).windows}
    assert [(name, one.is_new) for name, one in windows.items()] == [
        ("2020Q1", True),
        ("2020Q2", True),
        ("2020H2", False),
        ("2021H1", False),
    ]
    assert windows["2020Q1"] == WindowMoved("2020Q1", 30 * 65 * 150_000, 30 * 78 * 150_000, is_new=True)
    assert windows["2020Q2"].most_before == windows["2020Q2"].most_after == 30 * 91 * 150_000


def test_the_sheet_adds_up_what_all_changes_come_to(tmp_path: Path):
    """A dearer and then a cheaper version are two changes: what one adds the other does not take away."""
    town = built(tmp_path)
    amend(town, SECOND, AT_2020, DEARER)
    with town.gateway.store.read() as session:
        second = newest_contract(session, town.contract)
        sheet = procurement_sheet(session, second)
        third = replace(second.earlier[0], version=3, earlier=(*second.earlier, replace(second, earlier=())))
        both = procurement_sheet(session, third, ground=ChangeGround.SMALL, named_by="somebody")
    most, by = 30 * 144, town.gateway.actor.name
    assert [one.value_minor for one in sheet.versions] == [most * 150_000, most * 200_000]
    assert [(one.ground, one.named_by) for one in sheet.versions] == [("", ""), ("section-179", by)]
    assert (sheet.changed_minor, sheet.per_mille) == (most * 50_000, 334)
    assert (both.changed_minor, both.per_mille) == (2 * most * 50_000, 667)
    assert (both.versions[-1].change_minor, both.versions[-1].ground) == (-most * 50_000, "section-180")


def test_nobody_changes_what_is_paid_without_naming_a_ground(tmp_path: Path):
    town = built(tmp_path)
    with pytest.raises(AmendmentRefused, match="section-179, section-180") as refused:
        amend(town, SECOND, AT_2020, DEARER, ground=None)
    assert refused.value.part == "ground"
    amend(town, SECOND, AT_2020, ("\ntitle =", "\n# a comment\ntitle ="), ground=None)


def test_a_preview_of_the_text_in_force_says_that_nothing_would_change(town: SimulatedMunicipality):
    with pytest.raises(AmendmentRefused, match="is 1, of the very text in force") as refused:
        preview(town.gateway, town.folder / "impact60.toml", language=Language.ENGLISH)
    assert refused.value.part == "version"


def test_a_preview_refuses_what_would_be_refused(town: SimulatedMunicipality):
    for edits, error in (
        ((("weeks_from_enrolment = 156", "weeks_from_enrolment = 155"),), AmendmentRefused),
        ((("price_minor = 150000 ", "price_minor = -1 "),), DeclarationInvalid),
    ):
        with pytest.raises(error):
            shown(town, *edits)


def test_a_preview_reads_nobody_and_puts_nothing_in_force(town: SimulatedMunicipality):
    """The log has grown by nothing, and a look at anybody would stand in it."""

    def state() -> tuple[int, int]:
        with town.gateway.store.read() as session:
            return session.exec(select(func.count()).select_from(LogEntry)).one(), newest_contract(
                session, "impact60"
            ).version

    before = state()
    shown(town, DEARER, ground=ChangeGround.CLAUSE)
    assert state() == before == (before[0], 1)


def test_for_municipal_eyes_it_says_what_is_expected_of_each_window(tmp_path: Path):
    """With everything that registers say by then, at the new terms from their first window on; a logged look."""
    town = built(tmp_path)
    town.gateway.clock.move(10)
    chain = shown(town, DEARER).chain
    town.gateway.clock.move((date(2030, 1, 1) - BEFORE).days)
    town.pull_all()
    paid(town, *WINDOWS[:3])
    now, then = accruals(town.gateway, town.contract), accruals(town.gateway, town.contract, chain=chain)
    assert [one.expected_minor for one in then.windows[:3]] == [one.expected_minor for one in now.windows[:3]]
    assert [one.expected_minor for one in then.windows[3:5]] == [
        one.expected_minor * 4 // 3 for one in now.windows[3:5]
    ]
    with town.gateway.store.read() as session:
        kinds = session.exec(select(LogEntry.kind).where(LogEntry.log == "access")).all()
    assert kinds.count("forecast_made") == 2
