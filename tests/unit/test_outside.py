"""Secrets are files that their owner alone can read, by a name that leads nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import SecretMissing
from gateway.outside import SecretFiles, secrets_of
from gateway.settings import Settings


def secret(folder: Path, name: str = "key", mode: int = 0o600, text: str = "hunter2\n") -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_secret_comes_without_its_line_end(tmp_path: Path):
    path = secret(tmp_path)
    assert SecretFiles(tmp_path).text("key") == "hunter2"
    assert SecretFiles(tmp_path).path("key") == str(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_secret_that_others_may_read_or_write_is_none(tmp_path: Path, mode: int):
    secret(tmp_path, mode=mode)
    with pytest.raises(SecretMissing, match="chmod 600") as refused:
        SecretFiles(tmp_path).text("key")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("name", ["../key", "/etc/hostname", ".key", "", "a/b", "a\0b", "KEY", "a" * 65])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str):
    secret(tmp_path)
    folder = tmp_path / "secrets"
    folder.mkdir()
    with pytest.raises(SecretMissing):
        SecretFiles(folder).text(name)


def test_a_link_a_folder_and_what_is_missing_are_no_secrets(tmp_path: Path):
    (tmp_path / "linked").symlink_to(secret(tmp_path))
    (tmp_path / "folder").mkdir()
    for name in ("linked", "folder", "missing"):
        with pytest.raises(SecretMissing):
            SecretFiles(tmp_path).path(name)
    secret(tmp_path, "large", text="a" * 70_000)
    with pytest.raises(SecretMissing, match="too large"):
        SecretFiles(tmp_path).path("large")


def test_a_credential_of_systemd_may_have_wider_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Its folder has not; elsewhere the same file is refused."""
    secret(tmp_path, mode=0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secrets_of(Settings()).text("key") == "hunter2"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "other"))
    with pytest.raises(SecretMissing):
        SecretFiles(tmp_path).text("key")


def test_the_folder_is_the_one_that_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert secrets_of(Settings(data_directory=tmp_path)).folder == tmp_path / "secrets"
    assert secrets_of(Settings(secrets_directory=tmp_path)).folder == tmp_path
