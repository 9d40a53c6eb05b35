"""The annexes say what the files say: figures are the tariffs' own, no text is markup, the Word file runs nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest

from gateway.documents.annexes.blocks import Block, Heading, Paragraph, TableBlock, html
from gateway.documents.annexes.docx_file import docx
from gateway.documents.annexes.examples import examples, periods
from gateway.documents.annexes.measurement import annex_a, counts
from gateway.documents.annexes.payment import annex_b, pays
from gateway.documents.annexes.whole import annexes, title
from gateway.outcomes.bounds import ranges
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.measures.days import DaysMeasure
from gateway.outcomes.measures.follow_up import FollowUpMeasure
from gateway.outcomes.measures.retention import RetentionMeasure
from gateway.outcomes.tariff import owed_amounts
from gateway.outcomes.tariffs.cohort_threshold import CohortTariff, CohortThreshold
from gateway.outcomes.tariffs.fee import FeeTariff
from gateway.outcomes.tariffs.linear import LinearTariff
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.tariffs.share import ShareTariff
from gateway.outcomes.tariffs.steps import StepsTariff
from gateway.outcomes.terms import Caps, Index, Rounding, ScalePoint
from gateway.wording import annexes as words
from gateway.wording import formats
from policies.programme import Programme
from policies.programme_file import load_programme
from policies.words import ProgrammeWords
from tests.support.command_line import run
from tests.support.examples import every_third
from tests.support.histories import EXAMPLES, example_contract
from tests.support.municipality import ready

HOSTILE = "<script src=//x.test>alert(1)</script>\"'&=HYPERLINK(1)"
DAY = date(2019, 3, 1)  # whose words the annexes use
INDEX = Index("mindsteløn", "Kilde A", {2019: 100, 2020: 110})


def files(name: str) -> tuple[Contract, Programme]:
    contract = (EXAMPLES / "contracts" / f"{name}.toml").read_bytes()
    programme = (EXAMPLES / "programmes" / f"{name}.toml").read_bytes()
    return load_contract(contract, file=name), load_programme(programme, file=name)


def texts(blocks: list[Block]) -> str:
    found = []
    for block in blocks:
        match block:
            case Heading() | Paragraph():
                found.append(block.text)
            case TableBlock():
                found += [cell for row in (block.head, *block.rows) for cell in row]
    return "\n".join(found)


def minor(text: str) -> int:
    """`1.500,00 kr.` as `150000`."""
    digits = text.removesuffix(" kr.").replace(".", "")
    whole, rest = digits.split(",")
    return int(whole + rest)


def rich(name: str = "impact60") -> Contract:
    """A contract with a tariff of each kind, an index, states apart in price, and caps."""
    base = example_contract(name)
    weeks, people = base.measures
    names = ("before", "after", "people", "north", "south")
    text = "".join(
        f'[[aggregates]]\nid = "{one}"\nevaluator = "e"\nunit = "{unit}"\nmethod = "m"\nsource = "s"\n'
        'windows = ["2020H2"]\n\n'
        for one, unit in zip(names, ("minor", "minor", "person", "per_mille", "per_mille"), strict=True)
    )
    readers = "".join(
        f'[[tariffs]]\nid = "x{one}"\nkind = "steps"\nof = "{one}"\npoints = [{{ at = 1, amount_minor = 1 }}]\n\n'
        for one in names
    )
    evaluator = f'[[evaluators]]\nid = "e"\nname = "Evaluator"\nkey = "{43 * "A"}"\n\n'
    declared = example_contract(name, rows=("\n[freeze]\n", f"\n{evaluator}{text}{readers}[freeze]\n"))
    tariffs = (
        PriceTariff(
            "uger", 1, weeks.id, index=INDEX, base_year=2019, cap_window_minor=900_000_00,
            price_by_state={state.id: 1000_00 + number for number, state in enumerate(weeks.states)},
        ),
        StepsTariff("trin", 2, people.id, points=(ScalePoint(60, 5_000_00), ScalePoint(80, 9_000_00))),
        LinearTariff("linje", 3, "north", points=(ScalePoint(100, 0), ScalePoint(200, 1_000_01))),
        ShareTariff("andel", 4, "before", minus="after", multiplier="people", share_per_mille=505,
               may_be_negative=True),
        CohortTariff("hold", 5, price_minor=700_00,
               cohorts=(CohortThreshold("north", 100), CohortThreshold("south", 100)),
               pooled=CohortThreshold("south", 75), pooled_from="2020H2"),
        FeeTariff("honorar", 6, price_minor=10_000_00, cap_minor=25_000_00),
    )  # fmt: skip
    caps = Caps(contract_minor=50_000_000_00, person_minor=120_000_00, capital_minor=9_000_000_00,
                return_per_mille_a_year=65, return_years=3)  # fmt: skip
    return replace(declared, tariffs=tariffs, caps=caps, rounding=Rounding.HALF_EVEN)


CONTRACTS = (*(files(name)[0] for name in ("impact60", "ballerup")), rich())


@pytest.mark.parametrize("name", ["impact60", "ballerup"])
def test_they_name_parties_digests_registers_windows_and_recipients(name: str):
    contract, programme = files(name)
    said = texts(annexes(contract, programme, on=DAY, fingerprint="abc123"))
    wanted = [contract.sha256, programme.sha256, "abc123", *(party.name for party in contract.parties)]
    wanted += [window.label for window in contract.windows] + [state.label_da for state in contract.states]
    wanted += [measure.id for measure in contract.measures] + [tariff.id for tariff in contract.tariffs]
    wanted += [formats.day(contract.freezes_on(window)) for window in contract.windows]
    wanted += [words.EXITS[exit_] for exit_ in (*contract.exits, *contract.register_exits)]
    wanted += list(contract.illustrative)
    assert [text for text in wanted if text not in said] == []


@pytest.mark.parametrize(
    "contract", [*(files(name)[0] for name in ("impact60", "ballerup")), rich()], ids=lambda contract: contract.id
)
def test_every_printed_example_is_what_the_tariffs_owe(contract: Contract):
    """Read back from the page: each amount is the one that `owed` gives for the tariff and those figures."""
    tables = {block.head[0]: block for block in annex_b(contract) if isinstance(block, TableBlock) and block.head}
    for tariff in contract.tariffs:
        alone = replace(contract, tariffs=(tariff,))
        found = examples(contract, tariff)
        rows = tables[tariff.id].rows
        assert [row[0] for row in rows] == [one.what for one in found]
        for row, one in zip(rows, found, strict=True):
            assert minor(row[2]) == owed_amounts(alone, [one.figures])[0][tariff.id]
            assert minor(row[1]) == one.before_caps_minor >= one.owed_minor
    bounds = [(minor(low), minor(high)) for _, low, high in tables["Periode"].rows if "kr." in low]
    if None not in {one.least.minor for one in ranges(contract)}:
        assert bounds == [(one.least.minor, one.most.minor) for one in ranges(contract)]


@pytest.mark.parametrize(
    "file", every_third(sorted((EXAMPLES / "contracts").glob("*.toml"))), ids=lambda file: file.stem
)
def test_every_example_contract_has_annexes_with_every_tariff_and_measure(file: Path):
    contract, programme = example_contract(file.stem), files("impact60")[1]
    blocks = annexes(contract, programme, on=DAY, fingerprint="")
    said = texts(blocks)
    names = [one.id for one in (*contract.tariffs, *contract.measures, *contract.aggregates)]
    assert [name for name in names if name not in said] == []
    assert "None" not in said
    assert docx("t", "a", contract.effective_from, blocks).startswith(b"PK")


def test_what_is_agreed_on_invoices_and_the_investors_capital_is_printed():
    said = texts(annex_b(example_contract("impact60")))
    assert "EAN 5799999008511" in said
    assert "Senest 20 dage efter, at betalingsgrundlaget er udstedt" in said
    assert "5.000.000,00 kr." in said
    assert "højst 1.500.000,00 kr. til investor som afkast" in said


def test_a_gate_is_told_and_shown_open_and_shut():
    contract = example_contract("new-york-employment")
    [tariff] = [one for one in contract.tariffs if one.id == "in_work"]
    assert "Der skyldes intet, før" in pays(contract, tariff)
    *opened, shut = examples(contract, tariff)
    assert all(one.owed_minor > 0 for one in opened)
    assert shut.owed_minor == 0


def test_an_indexed_price_is_printed_for_each_year_and_state():
    contract = rich()
    [tariff] = [one for one in contract.tariffs if one.id == "uger"]
    shown = {one.what: one.owed_minor for one in examples(contract, tariff)}
    assert shown["1 borger, 1 uge, fleksjob, nået i 2020"] == tariff.price_of("fleksjob", 2020, contract.rounding)
    assert shown["1 borger, 1 uge, ordinært job, nået i 2019"] == 1000_00


@pytest.mark.parametrize(
    "contract", [*(files(name)[0] for name in ("impact60", "ballerup")), rich()], ids=lambda contract: contract.id
)
def test_the_course_pays_in_all_what_is_owed_at_its_end(contract: Contract):
    found = periods(contract)
    assert len(found) == 3
    assert found[-1].corrected_minor < 0
    assert all(one.pays_minor == one.earned_minor + one.corrected_minor for one in found)


def test_the_course_begins_where_something_can_be_reached_and_counts_no_more_than_can_be():
    contract = example_contract("housing-first")
    found, most = periods(contract), {one.window: one.most.minor for one in ranges(contract)}
    assert [one.window for one in found] == ["12 måneder", "18 måneder", "24 måneder"]
    paid = 0
    for one in found:
        paid += one.pays_minor
        assert 0 < paid <= (most[one.window] or 0)
    assert "month_12: 3 point, month_18: 0 point" in found[0].what


def test_of_several_who_lend_each_window_is_told_once():
    contract = example_contract("laer-for-livet")
    blocks = annexes(contract, files("laer-for-livet")[1], on=DAY, fingerprint="")
    [table] = [one for one in blocks if isinstance(one, TableBlock) and one.head[:2] == ("Periode", "Tidligst")]
    assert table.head[2:] == ("Den Sociale Investeringsfond og Aarhus Kommunes investeringsråd",)


@pytest.mark.parametrize("name", ["housing-first", "viborg", "laer-for-livet", "randers-ydelsesrefusion"])
def test_the_annexes_of_the_danish_forms_have_no_slip_of_the_pen(name: str):
    said = texts(annexes(*files(name), on=DAY, fingerprint=""))
    assert [wrong for wrong in ("kr..", "hver point", "for hver beløb") if wrong in said] == []
    if name in ("viborg", "laer-for-livet"):
        assert "aktur" not in said.replace("ingen faktura og ingen moms", "")


def test_every_kind_of_measure_and_tariff_has_its_sentence():
    contract = rich()
    state = contract.states[:1]
    measures = [
        RetentionMeasure("a", state, 1, needed=13, within=26, days_from_enrolment=456),
        RetentionMeasure("b", state, 1, needed=1, within=1),
        RetentionMeasure("c", state, 1, needed=6, within=6, by_month=True),
        DaysMeasure("d", state, 1, needed=182),
        FollowUpMeasure("e", state, 1, months=(12, 18, 24)),
    ]
    said = [counts(contract, measure) for measure in measures]
    assert "13 uger i en tilstand inden for de seneste 26 uger, med eller uden afbrydelser" in said[0]
    assert "inden for 456 dage" in said[0]
    assert "deres første uge" in said[1]
    assert "6 måneder i træk" in said[2]
    assert "182 dage" in said[3]
    assert "12, 18 og 24 måneder" in said[4]
    paid = {tariff.id: pays(contract, tariff) for tariff in contract.tariffs}
    assert "følger mindsteløn" in paid["uger"]
    assert "Højst 900.000,00 kr. i én periode; resten betales ikke" in paid["uger"]
    assert "60 borgere giver 5.000,00 kr." in paid["trin"]
    assert "50,5 % af (before minus after), ganget med antallet i people" in paid["andel"]
    assert "Hvis intet hold når sin grænse, gælder fra 2020H2" in paid["hold"]
    assert paid["honorar"] == "10.000,00 kr. for hver periode, for at levere indsatsen. Højst 25.000,00 kr. i alt."
    assert "DREAM" in texts(annex_a(contract, files("impact60")[1], on=DAY))
    assert "ingen grænse" in texts(annex_b(replace(contract, caps=Caps())))


class Tags(HTMLParser):
    """Every element and attribute of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.fixture
def hostile() -> tuple[Contract, Programme]:
    contract, programme = files("ballerup")
    parties = tuple(replace(party, name=HOSTILE) for party in contract.parties)
    windows = tuple(replace(one, label=f"{HOSTILE}{n}") for n, one in enumerate(contract.windows))
    labels = {old.label: new.label for old, new in zip(contract.windows, windows, strict=True)}
    states = tuple(replace(state, label_da=HOSTILE) for state in contract.states)
    contract = replace(
        contract,
        title=HOSTILE,
        parties=parties,
        windows=windows,
        states=states,
        measures=tuple(replace(one, states=states) for one in contract.measures),
        releases=tuple(replace(one, window=labels[one.window]) for one in contract.releases),
        statements=(),
        illustrative=(HOSTILE,),
    )
    entries = tuple(replace(one, danish=HOSTILE) for one in programme.words.entries)
    return contract, replace(programme, title=HOSTILE, words=ProgrammeWords(entries, programme.file))


def test_texts_of_a_file_are_never_markup(hostile: tuple[Contract, Programme]):
    page = html(title(hostile[0]), annexes(*hostile, on=DAY, fingerprint=HOSTILE))
    tags = Tags()
    tags.feed(page)
    assert tags.tags <= {
        "html", "head", "meta", "title", "style", "body", "main", "div", "h1", "h2", "p", "table", "thead", "tbody",
        "tr", "th", "td", "wbr",
    }  # fmt: skip
    assert tags.attributes <= {"lang", "charset", "http-equiv", "content", "name", "class", "scope"}
    assert "default-src 'none'" in page
    assert HOSTILE in unescape(page.replace("<wbr>", ""))


def parts(content: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_word_file_holds_text_and_nothing_that_runs_loads_or_links(hostile: tuple[Contract, Programme]):
    contract = hostile[0]
    content = docx(title(contract), HOSTILE, contract.effective_from, annexes(*hostile, on=DAY, fingerprint=HOSTILE))
    found = parts(content)
    assert not [
        name for name in found if re.search(r"vba|macro|activex|embed|media|thumbnail|\.bin", name, re.IGNORECASE)
    ]
    for name, part in found.items():
        if name.endswith(".rels"):
            assert b'TargetMode="External"' not in part, name
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(found["word/document.xml"]).iter()}
    assert not tags & {"fldSimple", "instrText", "fldChar", "hyperlink", "object", "drawing", "pict", "altChunk", "sdt"}
    assert not tags & {"oMath", "formula"}
    shown = "".join(node.text or "" for node in ElementTree.fromstring(found["word/document.xml"]).iter())
    assert HOSTILE in shown


def test_page_and_word_file_hold_the_same_words():
    contract, programme = files("impact60")
    blocks = annexes(contract, programme, on=DAY, fingerprint="")
    page = html(title(contract), blocks).replace("<wbr>", "")
    body = unescape(re.sub(r"<(style|title)>.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL))
    root = ElementTree.fromstring(parts(docx("t", "a", contract.effective_from, blocks))["word/document.xml"])
    word = " ".join(
        "".join("\n" if node.tag.endswith("}br") else node.text or "" for node in paragraph.iter())
        for paragraph in root.iter()
        if paragraph.tag.endswith("}p")
    )
    assert body.split() == word.split()


def test_the_same_files_make_the_same_bytes():
    contract, programme = files("impact60")
    blocks = annexes(contract, programme, on=DAY, fingerprint="")
    assert len({docx("t", "a", contract.effective_from, blocks) for _ in range(2)}) == 1
    core = parts(docx("t", "a", contract.effective_from, blocks))["docProps/core.xml"]
    assert b"2018-10-01T00:00:00Z" in core
    assert b"python-docx" not in core


def annex(folder: Path, *more: str | Path, environment: dict[str, str], programme: Path | None = None):
    contract = EXAMPLES / "contracts" / "impact60.toml"
    programme = programme or EXAMPLES / "programmes" / "impact60.toml"
    return run("contract", "annex", contract, programme, "--out", folder / "a.html", *more, environment=environment)


def test_without_an_installation_the_fingerprint_is_left_to_be_written(tmp_path: Path):
    environment = {"GATEWAY_DATA_DIRECTORY": str(tmp_path / "none")}
    ran = annex(tmp_path, "--docx", tmp_path / "a.docx", environment=environment)
    assert ran.code == 0, ran.text
    assert "left blank" in ran.out
    assert "skriver tillidsankerets fingeraftryk ind" in (tmp_path / "a.html").read_text()
    assert (tmp_path / "a.docx").read_bytes().startswith(b"PK")


def test_with_an_installation_its_anchor_is_printed_and_a_demo_shouts(tmp_path: Path):
    town = ready(tmp_path / "town", pulled=False)
    ran = annex(tmp_path, environment=town.environment)
    assert ran.code == 0, ran.text
    assert "DEVELOPMENT KEY" in ran.err
    page = (tmp_path / "a.html").read_text().replace("<wbr>", "")
    assert town.gateway.fingerprint in page
    assert "DEMO: Ankeret er lavet til afprøvning." in page


def test_a_programme_of_another_text_is_refused(tmp_path: Path):
    other = EXAMPLES / "programmes" / "ballerup.toml"
    ran = annex(tmp_path, environment={"GATEWAY_DATA_DIRECTORY": str(tmp_path / "none")}, programme=other)
    assert ran.code == 3, ran.text
    assert not (tmp_path / "a.html").exists()
