"""Secrets are files that their owner alone may read, by a name that leads nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import SecretMissing
from gateway.secrets_folder import SecretsFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "secrets"
    made.mkdir()
    (made / "jobindsats").write_text("s3cret\n")
    (made / "jobindsats").chmod(0o600)
    return made


def test_a_secret_is_the_text_without_its_line_end(folder: Path) -> None:
    assert SecretsFolder(folder).text("jobindsats") == "s3cret"


def test_what_others_may_read_is_no_secret(folder: Path) -> None:
    (folder / "jobindsats").chmod(0o640)
    with pytest.raises(SecretMissing, match="may be read by others"):
        SecretsFolder(folder).text("jobindsats")


@pytest.mark.parametrize("name", ["../passphrase", "a/b", "", ".", "..", "/etc/passwd", "Jobindsats", "none"])
def test_a_name_leads_nowhere_else(folder: Path, name: str) -> None:
    (folder.parent / "passphrase").write_text("x")
    with pytest.raises(SecretMissing):
        SecretsFolder(folder).text(name)


def test_a_link_is_not_followed(folder: Path) -> None:
    (folder / "link").symlink_to(folder / "jobindsats")
    with pytest.raises(SecretMissing, match="no regular file"):
        SecretsFolder(folder).text("link")


def test_nothing_of_a_secret_stands_in_the_error(folder: Path) -> None:
    (folder / "odd").write_bytes(b"\xff\xfesecret")
    (folder / "odd").chmod(0o600)
    with pytest.raises(SecretMissing) as refused:
        SecretsFolder(folder).text("odd")
    assert "secret" not in str(refused.value).removeprefix("the secret")
