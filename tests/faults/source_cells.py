"""Every simulated source × every fault: what a pull does when it happens. `python -m tests.faults.source_cells` writes
the table `source_faults.toml`, which people read and `test_source_faults.py` holds every cell to.

A cell is run end to end: a real server with the fault switched on, the real transport by its declaration, the engine
and the store; then the fault ends, and the same pull is run again.
"""

from __future__ import annotations

import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from connectors.aggregates import AggregateDeclaration, fetch, load_aggregate
from connectors.errors import ConnectorError
from gateway.contracts import declarations
from gateway.installation.gateway import Gateway
from gateway.simulate import declared
from gateway.simulate.case_database import CaseDatabase
from gateway.simulate.faults import Fault, Faults
from gateway.simulate.serving import SimulatedTown
from keys.whole_file import write_whole
from tests.support.clocks import Waits
from tests.support.served import Rows, copied, installed, pulled, served, told

TABLE = Path(__file__).parent / "source_faults.toml"
# short, so that what never ends does so soon; still long beside what an undisturbed answer takes
_SHORT_HTTP = "read_seconds = 1\ndeadline_seconds = 3\nattempts = 2\nlargest_bytes = 1000000\n"
_SHORT = (
    ("[transport.http]\n", f"[transport.http]\n{_SHORT_HTTP}"),
    ("claim = ", "timeout_seconds = 1\ndeadline_seconds = 4\nmost_mebibytes = 4\nclaim = "),
    ("seconds = 60\n", "seconds = 1\n"),
    ("quiet_seconds = 1 # or", "most_mebibytes = 4\nquiet_seconds = 1 # or"),
)  # fmt: skip
_SEED = 56  # whose first six people tell each source something; one of them dies
_PEOPLE = 6  # of the cohort, so that a cell is quick
TRANSIENT = (Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.HANG, Fault.TRUNCATED)  # slow bytes take the whole deadline
_NAMES = (b"Opdigtet", b"a name that nobody asked for", b"en begrundelse")  # what sources echo and nobody may keep

_HTTP = {Fault.WRONG_HOST_KEY: "over TLS a host is known by its certificate: see expired_certificate"}
_ONE_ANSWER = "an answer about one person is one state"
_PERSON = _HTTP | {Fault.CHANGING_PAGE: _ONE_ANSWER}
_SOAP = _PERSON | {Fault.REORDERED_PAGE: "an answer is signed in its order"}
_SFTP = {
    Fault.PRECONDITION: "SFTP has no such answer",
    Fault.TOO_MANY: "SFTP has no such answer: a busy server refuses or hangs",
    Fault.WRONG_TYPE: "a file has no content type: what is no text is refused by what it holds, see encoding_change",
    Fault.EXPIRED_CERTIFICATE: "over SSH a host is known by its key: see wrong_host_key",
    Fault.CLOCK_SKEW: "no clock of the server's is read",
}
_LOCAL = "a folder on this machine has no server"
_FOLDER = dict.fromkeys(
    (
        Fault.UNAUTHORISED, Fault.PRECONDITION, Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.SLOW_BYTES, Fault.HANG,
        Fault.EXPIRED_CERTIFICATE, Fault.WRONG_HOST_KEY, Fault.CLOCK_SKEW,
    ),
    _LOCAL,
) | {Fault.FORBIDDEN: "not tried: tests may run as a user whom no permission stops"}  # fmt: skip
_SNAPSHOT = "one statement reads one state of the database"
_DATABASE = {
    Fault.PRECONDITION: "a database has no such answer",
    Fault.TOO_MANY: "a database has no such answer: see 500, where it takes no more connections",
    Fault.SLOW_BYTES: "the statement's time is bounded whatever is slow: see hang and endless_body",
    Fault.WRONG_TYPE: "rows have types, and the declaration checks each",
    Fault.EXPIRED_CERTIFICATE: "TLS is the driver's, by the address in the secret",
    Fault.WRONG_HOST_KEY: "TLS is the driver's, by the address in the secret",
    Fault.CLOCK_SKEW: "no clock of the server's is read",
    Fault.ENCODING: "driver and server agree on one encoding",
    Fault.DUPLICATE_PAGE: _SNAPSHOT,
    Fault.REORDERED_PAGE: "the order of a whole list means nothing",
    Fault.CHANGING_PAGE: _SNAPSHOT,
}
_FILE_DATABASE = _DATABASE | {
    Fault.UNAUTHORISED: "a file knows no users",
    Fault.FORBIDDEN: _FOLDER[Fault.FORBIDDEN],
    Fault.SERVER_ERROR: "a file has no server",
}
_FIGURES = _HTTP | {
    Fault.CLOCK_SKEW: "no token, and no time in an answer",
    Fault.DUPLICATE_PAGE: "an answer has one page",
    Fault.REORDERED_PAGE: "an answer has one page",
    Fault.CHANGING_PAGE: "an answer has one page",
}
_TOKEN = _SOAP | {
    Fault.REORDERED_PAGE: "a token has no pages",
    Fault.CHANGING_PAGE: "a token has no pages",
    Fault.DUPLICATE_PAGE: "a token may be given twice: it is kept until it ends",
    Fault.SCHEMA_DRIFT: "a token's form is a standard's, and it is signed",
}
NOT_POSSIBLE: dict[str, dict[Fault, str]] = {
    "dream": _SFTP,
    "income": _SFTP,
    "sager": _FOLDER,
    "dfdg": _PERSON | {Fault.CLOCK_SKEW: "no token, and no time in an answer"},
    "case-system": _HTTP,
    "case-pages": _HTTP,
    "token-service": _TOKEN,
    "sf1491": _SOAP,
    "sf0770_a": _SOAP,
    "cpr": _SOAP,
    "case-view": _DATABASE,
    "case-file": {fault: why for fault, why in _FILE_DATABASE.items() if fault is not Fault.WRONG_TYPE},
    "jobindsats": _FIGURES,
    "statbank": _FIGURES,
}
ROWS = tuple(NOT_POSSIBLE)
FIGURES = ("jobindsats", "statbank")  # of groups: nothing stores them
STATES = ("sager", "case-view", "case-file")  # their faults are states that last, and no answers
_DECLARES = {"case-pages": "case-system", "case-file": "case-view", "token-service": "cpr"}  # row -> the source pulled


@dataclass(frozen=True)
class Cell:
    """How a pull ended while the fault was there, and how often the fault happened."""

    state: str
    fired: int
    said: str  # what a person could see of it: the error with its whole traceback
    left: Rows  # what stood in the store then
    peak_growth: int  # bytes of resident memory at the most, above what there was before
    seconds: float


@dataclass
class World:
    """Every source of one town, and a gateway that has pulled nothing, of which each cell gets a copy."""

    folder: Path
    town: SimulatedTown
    original: Gateway
    file_database: CaseDatabase
    numbers: list[bytes]
    cells: int = 0
    before: dict[str, tuple[Rows, int]] = field(default_factory=dict)  # row -> undisturbed rows and requests

    def faults(self, row: str) -> Faults:
        if row == "case-file":
            return self.file_database.faults
        return self.town.served[{"case-pages": "case-system"}.get(row, row)].faults

    def requests(self, row: str) -> int:
        return self.town.served[{"case-pages": "case-system", "case-file": "case-view"}.get(row, row)].requests

    @contextmanager
    def gateway(self, row: str) -> Iterator[Gateway]:
        """A copy for one cell, with the row's declaration in force and files where they were."""
        self.cells += 1
        copy = copied(self.original, self.folder / f"gateway-{self.cells}")
        try:
            variant = self._variant(row)
            if variant:
                file = self.folder / "variant.toml"
                file.write_text(_edited(variant), "utf-8")
                declarations.declare_source(copy.gateway, file)
            yield copy.gateway
        finally:
            copy.gateway.store.dispose()

    def _variant(self, row: str) -> str:
        if row == "case-pages":
            text = declared.case_system(self.town.served["case-system"].address)
            for old, new in _AS_PAGES:
                assert old in text, old
                text = text.replace(old, new)
            return text
        if row == "case-file":
            return declared.case_view("sqlite").replace('"case-view-url"', '"case-file-url"')
        return ""

    def restore_files(self) -> None:
        """As the senders put them down: pulls move them."""
        for kept in (self.folder / "as-sent").glob("*"):
            there = self.town.folder / "drop" / kept.name
            shutil.rmtree(there)
            shutil.copytree(kept, there)


_CHANGES = """kind = "changes"
parameter = "cursor"
next = "next"
repeats = false # true where records at the cursor are told again (>=)
"""
_PAGES = """kind = "number"
parameter = "page"
first = 1
total = "total"
"""
_AS_PAGES = (  # the example of a source of changes, as one that lists everything in numbered pages
    ("/changes", "/periods"),
    (_CHANGES, _PAGES),
    ("dropped = [", 'dropped = ["changes[*].id", "changes[*].version", "changes[*].deleted", '),
    ('record = "changes[*].id"\nversion = "changes[*].version"\ndeleted = "changes[*].deleted"\n', ""),
    ('"changes[*].version" = "integer"\n"changes[*].deleted" = "boolean"\n', ""),
    ('optional = ["changes[*].to", "changes[*].deleted"]', 'optional = ["changes[*].to"]'),
    ('answers = "changes"', 'answers = "whole"'),
    ("lag_days = 0 # the cursor is no instant\n", ""),
    ('version = "integer" # or "instant", with its offset: how versions are written, always\n', ""),
)


@contextmanager
def world(*only: str) -> Iterator[World]:
    """With `only`, the town has these sources and no other."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="source-faults-")))
        town = stack.enter_context(served(folder / "town", page=8, seed=_SEED, only=only))
        original = installed(folder / "gateway", town, changes=_SHORT, asked_about=_PEOPLE)
        stack.callback(original.store.dispose)
        database = CaseDatabase(folder / "file-database", town.lives.periods(), wants_server=False)
        write_whole(town.secrets / "case-file-url", database.url.encode())
        numbers = [line.split(";")[0].encode() for line in town.referrals.read_text("utf-8").splitlines()[1:]]
        for name in () if only else ("dream", "income", "sager"):
            shutil.copytree(town.folder / "drop" / name, folder / "as-sent" / name)
        yield World(folder, town, original, database, numbers)


def possible(row: str) -> list[Fault]:
    return [fault for fault in Fault if fault not in NOT_POSSIBLE[row]]


def passing(row: str) -> list[Fault]:
    """The faults that may happen once and not again."""
    return [] if row in STATES else [fault for fault in TRANSIENT if fault in possible(row)]


def run_cell(world: World, row: str, fault: Fault, *, times: int = 1_000_000) -> Cell:
    """Pull once while the fault is there and once after it, and hold both to what every cell must be."""
    if row not in world.before:
        world.before[row] = _undisturbed(world, row)
    undisturbed, usual = world.before[row]
    faults, waits = world.faults(row), Waits()
    if fault is Fault.CHANGING_PAGE:
        times = min(times, 3)  # a source that has one more change whenever it is asked is never read to its end
    faults.clear()
    world.restore_files()
    with world.gateway(row) as gateway, ExitStack() as stack:
        asked, began, started = world.requests(row), _resident(reset=True), time.monotonic()
        _bring_about(world, row, fault, times, waits, stack)
        state, said = _attempt(world, gateway, row, waits)
        cell = Cell(
            state=f"retried, {state}"
            if state == "stored" and fault in TRANSIENT and world.requests(row) - asked > usual
            else state,
            fired=faults.fired[fault],
            said=said,
            left=_left(gateway, row),
            peak_growth=_resident() - began,
            seconds=time.monotonic() - started,
        )
        faults.clear()
        stack.close()
        if row == "sager":
            world.restore_files()  # the sender sends it once more
        if state == "stored":
            assert cell.left == undisturbed, "rows of a pull that ended well are others than without the fault"
        elif row not in FIGURES:
            assert cell.left == [], "a pull of one step that failed left rows"
        after, said_after = _attempt(world, gateway, row, Waits())
        assert after == "stored", f"the pull after the fault ended with {after}: {said_after}"
        assert _left(gateway, row) == undisturbed, "after the fault other rows stand than without it"
        gateway.store.dispose()
        _check_nothing_leaks(world, gateway.settings.data_directory, cell)
    return cell


def _undisturbed(world: World, row: str) -> tuple[Rows, int]:
    world.faults(row).clear()
    with world.gateway(row) as gateway:
        asked = world.requests(row)
        world.restore_files()
        state, said = _attempt(world, gateway, row, Waits())
        assert state == "stored", said
        rows = _left(gateway, row)
        assert rows, f"{row} tells nothing"
        return rows, world.requests(row) - asked


def _attempt(world: World, gateway: Gateway, row: str, waits: Waits) -> tuple[str, str]:
    try:
        if row in FIGURES:
            fetch(_figures(world, row), gateway.secrets, waits.clock)
        elif left := pulled(gateway, _DECLARES.get(row, row), waits.clock):
            return "left there", "; ".join(f"{one.name}: {one.reason}" for one in left)
    except ConnectorError as error:
        return error.code, "".join(traceback.format_exception(error)) + repr(vars(error))
    return "stored", ""


def _left(gateway: Gateway, row: str) -> Rows:
    if row in FIGURES:
        return [("figures are stored by nobody here",)]
    return told(gateway, _DECLARES.get(row, row))


def _figures(world: World, row: str) -> AggregateDeclaration:
    text = (world.town.statistics / f"{row}.toml").read_text("utf-8")
    return load_aggregate(_edited(text).encode(), file=row)


def _edited(text: str) -> str:
    for old, new in (*_SHORT, ("[http]\n", f"[http]\n{_SHORT_HTTP}")):
        text = text.replace(old, new)
    return text


def _bring_about(world: World, row: str, fault: Fault, times: int, waits: Waits, stack: ExitStack) -> None:
    if row in ("case-view", "case-file"):
        database = world.file_database if row == "case-file" else world.town.database
        assert database is not None
        stack.enter_context(database.having(fault))
    elif row == "sager":
        _put_down(world, fault, waits)
    else:
        world.faults(row).switch_on(fault, times=times)


def _put_down(world: World, fault: Fault, waits: Waits) -> None:
    """The export as a sender with this fault would put it down."""
    [file] = (world.town.folder / "drop" / "sager").glob("*.csv")
    text = file.read_text("utf-8")
    head, *rows = text.splitlines()
    contents: dict[Fault, Callable[[], bytes]] = {
        Fault.TRUNCATED: lambda: text.encode()[: len(text) // 2],
        Fault.ENCODING: lambda: text.encode("utf-16"),
        Fault.WRONG_TYPE: lambda: b"PK\x03\x04" + text.encode(),
        Fault.SCHEMA_DRIFT: lambda: "\n".join([f"{head};Ny kolonne", *(f"{row};x" for row in rows), ""]).encode(),
        Fault.REORDERED_PAGE: lambda: "\n".join([head, *reversed(rows), ""]).encode(),
        Fault.ENDLESS: lambda: text.encode() + b"\n" * (5 << 20),
    }
    if fault is Fault.DUPLICATE_PAGE:
        shutil.copy(file, file.with_name(f"{file.stem}-igen.csv"))
    elif fault is Fault.CHANGING_PAGE:
        waits.meanwhile = lambda: file.write_text(text + rows[0] + "\n", "utf-8")
    else:
        file.write_bytes(contents[fault]())
    world.faults("sager").switch_on(fault)
    world.faults("sager").happens(fault)  # it lies there now


def _check_nothing_leaks(world: World, data_directory: Path, cell: Cell) -> None:
    """No number and no name in the store's files nor in what anybody could see of the error."""
    places = [("the error", cell.said.encode())]
    places += [(str(file), file.read_bytes()) for file in data_directory.rglob("*") if file.is_file()]
    for place, content in places:
        found = leaks(content, world.numbers)
        assert not found, f"{len(found)} numbers or names stand in {place}"


def leaks(content: bytes, numbers: Sequence[bytes]) -> list[bytes]:
    return [one for one in (*numbers, *_NAMES) if one in content]


def _resident(*, reset: bool = False) -> int:
    """The peak of this process's resident memory since the last reset, in bytes (proc(5), VmHWM)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("this system does not tell a process its peak memory")


def main() -> None:
    """Run every cell and write the table. Compare it with the one before: a changed end state is a changed promise."""
    lines = [
        "# What a pull does when something goes wrong at its source: every source × every fault.",
        "# Written by `python -m tests.faults.source_cells`; `make faults` runs every cell and holds it to this table.",
        "#",
        "# `stored`: the rows are those that stand without the fault. `retried, stored`: the same, after asking again.",
        "# `left there`: the file is not taken, and the next pull looks again. Any other word is the code of the error",
        "# that ended the pull with nothing stored. In every case the pull after the fault leaves the usual rows.",
        "# `lasting`: for as long as the pull runs. `once`: the first time alone, for faults that pass.",
    ]
    with world() as made:
        for row in ROWS:
            for kind, times, faults in (("lasting", 1_000_000, possible(row)), ("once", 1, passing(row))):
                lines += [f"\n[{row}.{kind}]"] if faults else []
                for fault in faults:
                    cell = run_cell(made, row, fault, times=times)
                    lines.append(f'"{fault}" = "{cell.state}"')
                    told = f"{row:<14} {kind:<8} {fault:<24} {cell.state:<26} fired {cell.fired:>3}"
                    print(f"{told}  {cell.seconds:>4.1f} s", flush=True)
            lines.append(f"\n[{row}.not_possible]")
            lines += [f'"{fault}" = "{why}"' for fault, why in NOT_POSSIBLE[row].items()]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
