"""The example declarations, with their addresses and keys replaced by those of simulated sources.

Everything else (columns, what is dropped, coverage, agreement) stays as in `examples/sources`, so that what is tried
against a simulated source is what is then declared for the real one.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from connectors.declaration import load_declaration

_EXAMPLES = Path(__file__).parents[2] / "examples"
_TRANSPORT = re.compile(r"^\[transport\]\n.*?(?=^\[(?!transport))", re.MULTILINE | re.DOTALL)
AUTHORITY = "simulated-authority"  # secret: the certificate of the authority that every simulated server shows
_HTTP = f"""
[transport.http]
authority = "{AUTHORITY}"
proxy = "direct"
requests_per_minute = 60000 # a simulated source may be asked as fast as it answers
"""


def over_sftp(source: str, *, port: int, host_key: str, pattern: str, delimiter: str, client_key: str) -> str:
    """A kind of file, or records in files, from an SFTP server on loopback."""
    return _with_transport(
        source,
        f"""[transport]
kind = "sftp"
host = "127.0.0.1"
port = {port}
user = "kommune"
host_key = "{host_key}"
client_key = "{client_key}" # secret
folder = "/"
pattern = "{pattern}"
delimiter = "{delimiter}"
quiet_seconds = 1
claim = "rename"
networks = ["127.0.0.0/8"]
""",
    )


def in_folder(source: str, folder: Path) -> str:
    text = _example(source)
    text = re.sub(r'^folder = ".*"$', f'folder = "{folder}"', text, flags=re.MULTILINE)
    return _edit(text, ("quiet_seconds = 60", "quiet_seconds = 1"))


def dfdg(url: str) -> str:
    return _edit(
        _example("dfdg"),
        ("https://dfdg.example/", f"{url}/"),
        ("requests_per_minute = 300", f'requests_per_minute = 60000\nauthority = "{AUTHORITY}"\nproxy = "direct"'),
    )


def case_system(url: str) -> str:
    text = _edit(_example("case-system"), ("https://cases.example/", f"{url}/"))
    return text.replace("[columns]", f"{_HTTP.strip()}\n\n[columns]", 1)


def case_view(dialect: str) -> str:
    text = _edit(_example("case-view"), (' = "postgresql" # postgresql, sqlite or mssql', f' = "{dialect}"'))
    # SQLite has no days, only texts
    days = '[transport.types]\nstartdato = "date"\nslutdato = "date"\n'
    return text if dialect == "postgresql" else _edit(text, (days, ""))


def soap(source: str, *, service: str, tokens: str, entity_id: str, issuer: str) -> str:
    text = _example(source)
    for key, value in (("entity_id", entity_id), ("issuer", issuer)):
        text = re.sub(rf'^{key} = "[^"]*"', f'{key} = "{value}"', text, count=1, flags=re.MULTILINE)
    first, second = (found[0] for found in re.finditer(r'^endpoint = "[^"]*".*$', text, flags=re.MULTILINE))
    text = _edit(text, (first, f'endpoint = "{service}/service"'), (second, f'endpoint = "{tokens}/certificatemixed"'))
    return text.replace("[columns]", f"{_HTTP.strip()}\n\n[columns]", 1)


def statistics(service: str, url: str) -> str:
    """A declaration of figures about groups, asked of a service on loopback."""
    text = (_EXAMPLES / "statistics" / f"{service}.toml").read_text("utf-8")
    text = re.sub(r'^url = "https://[^/"]*', f'url = "{url}', text, count=1, flags=re.MULTILINE)
    return text + _HTTP.replace("[transport.http]", "[http]")


def write_contract(
    folder: Path,
    contract: str,
    sources: Sequence[str],
    *,
    status: str,
    income: str,
    edits: Sequence[tuple[str, str]] = (),
) -> tuple[Path, Path]:
    """The example contract and its programme, which names all of these sources, and those that decide the contract.

    `edits` are texts of the contract to replace.
    """
    text = _edit((_EXAMPLES / "contracts" / f"{contract}.toml").read_text("utf-8"), *edits)
    deciding = {key: source for key, source in (("status", status), ("income", income)) if source}
    for key, source in deciding.items():
        text = re.sub(rf'^{key} = "[^"]*"', f'{key} = "{source}"', text, count=1, flags=re.MULTILINE)
    programme = (_EXAMPLES / "programmes" / f"{contract}.toml").read_text("utf-8")
    sources = list(dict.fromkeys([*sources, *deciding.values()]))
    quoted = ", ".join(f'"{source}"' for source in sources)
    digest = hashlib.sha256(text.encode()).hexdigest()
    programme = re.sub(r"^sources = .*$", f"sources = [{quoted}]", programme, flags=re.MULTILINE)
    assessed = ", ".join(f'{source} = "simulated"' for source in sources if _needs_assessment(source))
    programme = re.sub(r"^assessments = .*$", f"assessments = {{ {assessed} }}", programme, flags=re.MULTILINE)
    programme = re.sub(r'^contract_sha256 = ".*"', f'contract_sha256 = "{digest}"', programme, flags=re.MULTILINE)
    shutil.copytree(_EXAMPLES / "notices" / contract, folder.parent / "notices" / contract, dirs_exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    contract_file, programme_file = folder / f"{contract}.toml", folder / f"{contract}.programme.toml"
    contract_file.write_text(text, encoding="utf-8")
    programme_file.write_text(programme, encoding="utf-8")
    return contract_file, programme_file


def _needs_assessment(source: str) -> bool:
    return load_declaration(_example(source).encode(), file=source).is_supplied_for_another_purpose


def deciding_sources(contract: str) -> tuple[str, str]:
    """The status source of an example contract, and that of income, empty where it reads none."""
    text = (_EXAMPLES / "contracts" / f"{contract}.toml").read_text("utf-8")
    found = {key: re.search(rf'^{key} = "([^"]*)"', text, flags=re.MULTILINE) for key in ("status", "income")}
    status, income = (match[1] if match else "" for match in found.values())
    return status, income


def _example(source: str) -> str:
    return (_EXAMPLES / "sources" / f"{source}.toml").read_text("utf-8")


def _with_transport(source: str, transport: str) -> str:
    text, count = _TRANSPORT.subn(transport + "\n", _example(source))
    if count != 1:
        raise ValueError(f"the example {source} has no transport to replace")
    return text


def _edit(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        if old not in text:
            raise ValueError(f"{old!r} does not stand in the example")
        text = text.replace(old, new)
    return text
