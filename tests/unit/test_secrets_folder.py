"""Secrets are files that their owner alone may read, by a name that leads nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import SecretMissing
from gateway.installation.secrets_folder import SecretsFolder
from gateway.installation.settings import Settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "secrets"
    made.mkdir()
    (made / "jobindsats").write_text("s3cret\n")
    (made / "jobindsats").chmod(0o600)
    return made


def test_a_secret_is_the_text_without_its_line_end(folder: Path) -> None:
    assert SecretsFolder(folder).text("jobindsats") == "s3cret"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_what_others_may_read_or_write_is_no_secret(folder: Path, mode: int) -> None:
    (folder / "jobindsats").chmod(mode)
    with pytest.raises(SecretMissing, match="may be read by others"):
        SecretsFolder(folder).text("jobindsats")


@pytest.mark.parametrize(
    "name", ["../passphrase", "a/b", "", ".", "..", "/etc/passwd", "Jobindsats", "none", "a\0b", "a" * 65]
)
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


def test_what_is_too_large_is_no_secret(folder: Path) -> None:
    (folder / "large").write_text("a" * 70_000)
    (folder / "large").chmod(0o600)
    with pytest.raises(SecretMissing, match="too large"):
        SecretsFolder(folder).path("large")


def test_a_credential_of_systemd_may_have_wider_permissions(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder has not; elsewhere the same file is refused."""
    (folder / "jobindsats").chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    assert SecretsFolder(Settings().secrets_path).text("jobindsats") == "s3cret"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder.parent))
    with pytest.raises(SecretMissing):
        SecretsFolder(folder).text("jobindsats")


def test_the_folder_is_the_one_that_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert Settings(data_directory=tmp_path).secrets_path == tmp_path / "secrets"
    assert Settings(secrets_directory=tmp_path).secrets_path == tmp_path
