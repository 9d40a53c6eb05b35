"""Files for one recipient: any age tool opens them, a changed byte anywhere is noticed, and errors stay themselves."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest
from pyrage import x25519

from keys.age_files import AgeIdentity, measure_file, open_sealed, read_sealed, write_sealed
from keys.errors import IdentityRefused, KeyStoreUnsafe, RecipientInvalid

PRIVATE = x25519.Identity.generate()
PUBLIC = str(PRIVATE.to_public())
MINE = AgeIdentity(PRIVATE)
LARGE = secrets.token_bytes(200_000)  # four pieces of the format


def test_what_is_written_any_age_tool_opens(tmp_path: Path):
    written = write_sealed(tmp_path / "a", iter([LARGE[:7], b"", LARGE[7:]]), PUBLIC)
    data = (tmp_path / "a").read_bytes()
    assert data.startswith(b"age-encryption.org/v1\n-> X25519 ")
    assert pyrage.decrypt(data, [PRIVATE]) == LARGE == open_sealed(tmp_path / "a", MINE)
    assert measure_file(tmp_path / "a") == written
    assert written.size == len(data)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_what_another_tool_wrote_is_opened(tmp_path: Path):
    (tmp_path / "a").write_bytes(pyrage.encrypt(LARGE, [PRIVATE.to_public()]))
    assert open_sealed(tmp_path / "a", MINE) == LARGE


@pytest.mark.parametrize("place", [0, 30, 150, 300, 100_000, -1])
@pytest.mark.parametrize("how", ["changed", "cut"])
def test_a_change_anywhere_is_noticed(tmp_path: Path, place: int, how: str):
    write_sealed(tmp_path / "a", [LARGE], PUBLIC)
    data = bytearray((tmp_path / "a").read_bytes())
    data[place] ^= 1
    (tmp_path / "a").write_bytes(data if how == "changed" else data[:place])
    with pytest.raises(IdentityRefused):
        open_sealed(tmp_path / "a", MINE)


def test_pieces_are_given_on_as_they_come_and_what_they_end_in_is_told(tmp_path: Path):
    """Neither side holds the whole, and nobody's error becomes another one's."""
    write_sealed(tmp_path / "a", [LARGE], PUBLIC)
    sizes: list[int] = []
    read_sealed(tmp_path / "a", MINE, lambda piece: sizes.append(len(piece)))
    assert sum(sizes) == len(LARGE)
    assert max(sizes) <= 1 << 16

    def refuses(_piece: bytes) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        read_sealed(tmp_path / "a", MINE, refuses)

    def broken() -> Iterator[bytes]:
        yield b"one"
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        write_sealed(tmp_path / "b", broken(), PUBLIC)
    with pytest.raises(FileExistsError):
        write_sealed(tmp_path / "a", [b"over it"], PUBLIC)


def test_a_recipient_is_a_public_key_and_never_repeated(tmp_path: Path):
    for wrong in ("", "age1", str(PRIVATE), PUBLIC.upper() + "x", "ssh-ed25519 AAAA"):
        with pytest.raises(RecipientInvalid) as refused:
            write_sealed(tmp_path / "a", [b""], wrong)
        assert len(wrong) < 5 or wrong not in str(refused.value)
    assert not (tmp_path / "a").exists()


def test_an_identity_is_one_line_of_a_file_that_nobody_else_may_read(tmp_path: Path):
    file = tmp_path / "identity.txt"
    file.write_text(f"# created: 2026-12-01\n# public key: {PUBLIC}\n{PRIVATE}\n")
    with pytest.raises(KeyStoreUnsafe):
        AgeIdentity.load(file)
    file.chmod(0o600)
    assert AgeIdentity.load(file).recipient == PUBLIC
    assert str(PRIVATE) not in repr(AgeIdentity.load(file))
    for text in ("", f"{PRIVATE}\n{PRIVATE}\n", f"{PUBLIC}\n", "AGE-SECRET-KEY-1NONE\n", "ø\n"):
        file.write_text(text)
        with pytest.raises(IdentityRefused) as refused:
            AgeIdentity.load(file)
        assert str(PRIVATE) not in str(refused.value)
    with pytest.raises(FileNotFoundError):
        AgeIdentity.load(tmp_path / "none")
