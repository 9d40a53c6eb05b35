"""Canary CPR numbers, the forms in which one might slip out, and the search for them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from gateway.simulate.registers import replacement_cpr
from tests.support.simulated import Municipality

INSIDE = [replacement_cpr(number) for number in (0, 57, 119)]  # in the cohort
OUTSIDE = [replacement_cpr(number) for number in (120, 300)]  # in the extracts only
BROKEN = ["7113801234", "610180123x", "61018012345"]  # impossible month, a letter, eleven digits
CANARIES = [*INSIDE, *OUTSIDE, *BROKEN]
_HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b")


def forms(text: str) -> Iterator[tuple[str, bytes]]:
    """Every form in which a number, a reference or an id might slip out, by name."""
    clear = text.encode()
    yield "clear", clear
    yield "reversed", clear[::-1]
    yield "hexadecimal", clear.hex().encode()
    yield "UTF-16", text.encode("utf-16-le")
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + clear)
        # the letters that do not depend on what stands before or after
        yield f"base64, {shift} bytes in", encoded[(shift * 8 + 5) // 6 : (shift + len(clear)) * 8 // 6]
    spellings = {"": clear}
    if len(text) == 10 and text.isdigit():  # as numbers are written, and as databases and numpy hold integers
        spellings[" with a dash"] = f"{text[:6]}-{text[6:]}".encode()
        yield "with a dash", spellings[" with a dash"]
        yield "integer", int(text).to_bytes(6, "big")
        yield "integer, little-endian", int(text).to_bytes(6, "little")
    for name in _HASHES:
        for spelling, written in spellings.items():
            digest = hashlib.new(name, written).digest()
            yield f"{name} digest{spelling}", digest[:16]
            yield f"{name} digest{spelling}, as Python shows bytes", repr(digest[:8])[2:-1].encode()
            yield f"{name} digest{spelling} in hexadecimal", digest[:16].hex().encode()
            yield f"{name} digest{spelling} in base64", base64.b64encode(digest[:15])


def leaks(channels: Mapping[str, bytes], texts: Iterable[str] = CANARIES) -> list[str]:
    """Where a canary stands, as channel and form; never the number."""
    patterns = [(form, pattern) for text in texts for form, pattern in forms(text)]
    return sorted(
        {f"{name}: {form}" for name, data in channels.items() for form, pattern in patterns if pattern in data}
    )


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def plant(town: Municipality) -> None:
    """Put the broken numbers, and a number in every place where none belongs, into the sources."""
    header, *rows = town.drop.status.read_text().splitlines()
    width = len(header.split(","))
    # a shifted column: this person's only row has numbers where codes belong
    shifted = [",".join([INSIDE[2], *[INSIDE[1]] * (width - 1)]) if row[:10] == INSIDE[2] else row for row in rows]
    town.drop.status.write_text("\n".join([header, *shifted]) + "\n")
    with town.drop.status.open("a") as file:
        for cpr in BROKEN:
            file.write(",".join([cpr, *[""] * (width - 1)]) + "\n")
        file.write(",".join([INSIDE[0], *[INSIDE[1]] * (width - 1)]) + "\n")  # the person twice
        file.write(",".join([replacement_cpr(5), *[INSIDE[1]] * 3]) + "\n")  # too few fields
    with town.drop.income.open("a") as file:
        for cpr in BROKEN:
            file.write(f"{cpr};2020-03;00;148,00;00000000;1,00\n")
        file.write(f"{INSIDE[0]};2020-03;{INSIDE[1]};{INSIDE[1]};{INSIDE[1]};1,00\n")
        file.write(f"{INSIDE[0]};{INSIDE[1]};00;148,00;00000000;1,00\n")
        file.write(f"{INSIDE[0]};2020-03;{INSIDE[1]};148,00;{INSIDE[1]};1,00\n")


def plant_broken_files(town: Municipality) -> list[Path]:
    """Income files full of canaries none of which can be pulled; beside them, and `again`, what comes a second time."""
    header = town.drop.income.read_text().splitlines()[0]
    body = "".join(f"{cpr};2020-03;00;1,00;1;1,00\n" for cpr in CANARIES)
    broken = {
        "indkomst-2020-01.csv": f"{body}{header}\n",  # a number in the header's place
        "indkomst-2020-02.csv": f"{header}\n{body}".rstrip(),  # cut off
        "indkomst-2020-03.csv": f"{header};{INSIDE[0]};{INSIDE[0]}\n{body}",  # a number as a doubled column
        "indkomst-2020-04.csv": f"{header}\n" + body.replace("2020-03", INSIDE[0]),  # no month at all
    }
    for name, text in broken.items():
        (town.folder / name).write_text(text)
    more = f"{INSIDE[0]};2018-10-01;{INSIDE[0]};x\n"
    (town.folder / "again.csv").write_text(town.drop.referrals.read_text() + more)
    (town.folder / "again").mkdir()
    for file in (town.drop.status, town.drop.income):
        (town.folder / "again" / file.name).write_text(f"{file.read_text()}{file.read_text().splitlines()[-1]}\n")
    return [town.folder / name for name in broken]
