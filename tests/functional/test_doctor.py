"""`gateway doctor` is the truth: each way in which an installation breaks, and the finding that it gives."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import create_engine, make_url, text

from gateway.errors.store import StoreLogin, StoreMissing, StoreNotWritable, StoreTimeout
from gateway.errors.tree import GatewayError
from gateway.installation.gateway import Gateway
from gateway.jobs import doctor
from gateway.jobs.diagnosis import FAIL, OK, WARN, Diagnosis
from gateway.jobs.doctor import examine, examine_opened
from gateway.release.publication import publish
from gateway.store import queries
from gateway.store.unit_of_work import Store
from keys.errors import KeysError
from tests.functional.test_blocks import PAYMENT, TOTAL, WINDOWS, edit
from tests.functional.test_keys import Authority
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, copied, ready


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    """Pulled, paid, shown and published."""
    town = ready(tmp_path_factory.mktemp("whole"))
    town.release(WINDOWS[0], *PAYMENT)
    town.release(WINDOWS[0], *TOTAL)
    publish(town.gateway)
    town.gateway.store.dispose()
    return town


def of(town: SimulatedMunicipality, *parts: str) -> Path:
    return town.gateway.settings.data_directory.joinpath(*parts)


def gone(*parts: str) -> Callable[[SimulatedMunicipality], None]:
    def do(town: SimulatedMunicipality) -> None:
        path = of(town, *parts)
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return do


def holds(content: bytes, *parts: str) -> Callable[[SimulatedMunicipality], None]:
    def do(town: SimulatedMunicipality) -> None:
        of(town, *parts).write_bytes(content)

    return do


def sql(statement: str, *values: object) -> Callable[[SimulatedMunicipality], None]:
    return lambda town: edit(town, statement, *values)


def signing_key_gone(town: SimulatedMunicipality) -> None:
    with town.gateway.store.read() as session:
        key = queries.active_key(session)
    assert key is not None
    of(town, "keys", f"{key.uri.removeprefix('file:')}.json").unlink()


def damaged(town: SimulatedMunicipality) -> None:
    """A page in the middle of the file."""
    file = of(town, "gateway.sqlite")
    data = bytearray(file.read_bytes())
    for page in range(4, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    file.write_bytes(data)


def older(town: SimulatedMunicipality) -> None:
    """The database of before the last entry."""
    copy = of(town, "copy.sqlite")
    shutil.copy(of(town, "gateway.sqlite"), copy)
    gateway = Gateway.open(town.gateway.settings)
    publish(gateway)
    gateway.store.dispose()
    town.release(WINDOWS[1], *PAYMENT)
    town.gateway.store.dispose()
    for file in of(town).glob("gateway.sqlite*"):
        file.unlink()
    copy.replace(of(town, "gateway.sqlite"))


def certificate_of(days: int) -> Callable[[SimulatedMunicipality], None]:
    def do(town: SimulatedMunicipality) -> None:
        authority = Authority(datetime.now(UTC) - timedelta(days=max(0, -days)))
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = authority._certificate("A town", key, "An authority", authority.key, is_ca=False, days=max(days, 0))
        chain = [base64.b64encode(leaf.public_bytes(Encoding.DER)).decode()]
        edit(town, "UPDATE signingkeyrow SET x5c = ?", json.dumps(chain))

    return do


def open_to_all(town: SimulatedMunicipality) -> None:
    of(town).chmod(0o755)
    of(town, "gateway.sqlite").chmod(0o644)


def key_open_to_all(town: SimulatedMunicipality) -> None:
    of(town, "keys", "vault.json").chmod(0o644)


def orphan(town: SimulatedMunicipality) -> None:
    """A key that a killed rotation left without a row."""
    town.gateway.keystore.add("signing-orphan", "p256", now=town.gateway.clock(), is_development=True)


@dataclass(frozen=True)
class Break:
    """What somebody or something does, and the finding that must be told; `days` later."""

    do: Callable[[SimulatedMunicipality], object]
    level: str
    told: str
    days: int = 0


def nothing(_: SimulatedMunicipality) -> None:
    """Time alone passes."""


BREAKS = {
    # keys
    "the vault key is lost": Break(gone("keys", "vault.json"), FAIL, "vault"),
    "the linkage key is lost": Break(gone("keys", "linkage.json"), FAIL, "linkage"),
    "the token key is lost": Break(gone("keys", "token.json"), FAIL, "token"),
    "the attest log's key is lost": Break(gone("keys", "log-attest.json"), FAIL, "log-attest"),
    "the payment log's key is lost": Break(gone("keys", "log-payment.json"), FAIL, "log-payment"),
    "the access log's key is lost": Break(gone("keys", "log-access.json"), FAIL, "log-access"),
    "the signing key is lost": Break(signing_key_gone, FAIL, "(private part|not here|key)"),
    "every key is lost": Break(gone("keys"), FAIL, "keys"),
    "the passphrase is lost": Break(gone("passphrase"), FAIL, "passphrase"),
    "the passphrase is another": Break(holds(b"another", "passphrase"), FAIL, "passphrase"),
    "a key file is damaged": Break(holds(b"{}", "keys", "vault.json"), FAIL, "vault"),
    "a key file is open to others": Break(key_open_to_all, FAIL, "may be read by others"),
    "a rotation was killed": Break(orphan, WARN, "signing-orphan"),
    "a certificate ends in 20 days": Break(certificate_of(20), WARN, r"certificate .* ends on \d{4}-\d\d-\d\d"),
    "a certificate ended 40 days ago": Break(certificate_of(-40), FAIL, r"certificate .* ended on \d{4}-\d\d-\d\d"),
    # the database
    "the database is lost": Break(gone("gateway.sqlite"), FAIL, "no such database"),
    "the database is no database": Break(holds(b"x" * 8192, "gateway.sqlite"), FAIL, "damaged"),
    "the database's pages are damaged": Break(damaged, FAIL, "damaged"),
    "the database is open to others": Break(open_to_all, FAIL, "may be read by others"),
    "the schema is of another version": Break(sql("UPDATE alembic_version SET version_num = '9999'"), FAIL, "9999"),
    "the schema is older": Break(sql("UPDATE alembic_version SET version_num = '0006'"), FAIL, "gateway upgrade"),
    "the database is an older one": Break(older, FAIL, "is not the one whose checkpoint"),
    "the newest log entry is removed": Break(
        sql("DELETE FROM logentry WHERE log = 'access' AND idx = (SELECT max(idx) FROM logentry WHERE log = 'access')"),
        FAIL,
        "checkpoint",
    ),
    "somebody's weeks are removed": Break(
        sql("DELETE FROM sealedrow WHERE subject_id = (SELECT min(subject_id) FROM subject)"), FAIL, "of 1 of 30 people"
    ),
    "everybody's pay is removed": Break(sql("DELETE FROM sealedrow WHERE about = 'pay'"), FAIL, "of 30 of 30 people"),
    "a source's declaration is removed": Break(sql("DELETE FROM sourcerow WHERE id = 'dream'"), WARN, "not declared"),
    "an acceptance is removed": Break(
        sql("DELETE FROM acceptancerow WHERE role = 'investor'"), FAIL, "the acceptances do not hold"
    ),
    "a seal's nonce is changed": Break(
        sql("UPDATE batch SET plan_salt_hex = ?", "00" * 16), FAIL, "a seal does not hold"
    ),
    "the rules are removed": Break(sql("DELETE FROM policysetrow"), FAIL, "(rules|policy set|approv)"),
    "a bundle is cut": Break(sql("UPDATE releaserow SET bundle = substr(bundle, 1, 100)"), FAIL, "damaged bundle"),
    "a bundle is emptied": Break(sql("UPDATE releaserow SET bundle = NULL"), FAIL, "damaged bundle"),
    "two bundles are exchanged": Break(
        sql("UPDATE releaserow SET leaf_index = leaf_index + 1"), FAIL, "not what its log entry says"
    ),
    "a release was interrupted": Break(
        sql("UPDATE releaserow SET state = 'intended', bundle = NULL WHERE template = 'payment_document'"),
        WARN,
        "a release was interrupted",
    ),
    # what stands beside it
    "the heads are lost": Break(gone("anchors"), FAIL, "keep-heads|holds no heads"),
    "the heads are damaged": Break(holds(b"{", "anchors", "heads.json"), FAIL, "is damaged"),
    "the journal of erasures is damaged": Break(holds(b"nonsense\n", "erasures.jsonl"), FAIL, "journal of erasures"),
    "the trust file is lost": Break(gone("public", "trust.json"), FAIL, "trust.json is missing"),
    "the trust file is emptied": Break(holds(b"", "public", "trust.json"), FAIL, "trust.json is not what"),
    "the status list is lost": Break(gone("public", "status", "1"), FAIL, "status/1 is missing"),
    "the status list is emptied": Break(holds(b"", "public", "status", "1"), FAIL, "status/1 is not what"),
    "the published log is lost": Break(gone("public", "log"), FAIL, "(tiles|checkpoint).* missing"),
    "nothing is published": Break(gone("public"), FAIL, "nothing is published"),
    "the published checkpoint is cut": Break(holds(b"x", "public", "log", "attest", "checkpoint"), FAIL, "checkpoint"),
    # time
    "the status list is 16 days old": Break(nothing, WARN, "status list is 16 days old and ends on", days=16),
    "the status list is 31 days old": Break(nothing, FAIL, "status list ended on", days=31),
    "the clock stands a day back": Break(nothing, FAIL, "clock stands before", days=-1),
    "an agreement ends within 60 days": Break(nothing, WARN, "agreement of source .* ends on 2030-12-31", days=1450),
    "the agreements have ended": Break(nothing, FAIL, "agreement of source .* ended on 2030-12-31", days=1500),
}


def findings(whole: SimulatedMunicipality, folder: Path, done: Break) -> list[Diagnosis]:
    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(days=done.days)

    town = copied(whole, folder, clock=clock)
    done.do(town)
    town.gateway.store.dispose()
    try:
        gateway = Gateway.open(town.gateway.settings, clock=clock)
    except (GatewayError, KeysError):
        return examine(town.gateway.settings)
    return examine_opened(gateway)


def test_of_a_whole_installation_nothing_is_told_that_fails(whole: SimulatedMunicipality, tmp_path: Path):
    """The control of every row below."""
    found = findings(whole, tmp_path, Break(nothing, OK, ""))
    assert [one for one in found if one.level == FAIL] == []
    for name, done in BREAKS.items():
        told = [one for one in found if one.level == done.level and re.search(done.told, f"{one.what} {one.advice}")]
        assert not told or done.level == WARN, name


@pytest.mark.parametrize("name", BREAKS)
def test_each_break_gives_its_finding(whole: SimulatedMunicipality, tmp_path: Path, name: str):
    done = BREAKS[name]
    found = findings(whole, tmp_path, done)
    told = [one for one in found if one.level == done.level and re.search(done.told, f"{one.what} {one.advice}")]
    assert told, [(one.level, one.what, one.advice) for one in found if one.level != OK]
    assert all(one.advice for one in told)


def test_the_table_has_forty_rows_and_more():
    assert len(BREAKS) >= 40


def test_what_nobody_foresaw_is_a_finding_and_ends_nothing(
    whole: SimulatedMunicipality, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken(_: Gateway) -> list[Diagnosis]:
        raise LookupError("a canary")

    monkeypatch.setattr(doctor, "_settlements", broken)
    found = findings(whole, tmp_path, Break(nothing, OK, ""))
    [one] = [one for one in found if one.level == FAIL]
    assert "LookupError" in one.advice
    assert "canary" not in one.advice


def test_a_full_disk_is_told_before_it_is_full(
    whole: SimulatedMunicipality, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1 << 40, 1 << 40, 1 << 20))
    found = findings(whole, tmp_path, Break(nothing, OK, ""))
    assert [one.what for one in found if "MiB free" in one.what and one.level == WARN] == [
        "1 MiB free in the data directory"
    ]


def test_the_command_tells_a_monitor(whole: SimulatedMunicipality, tmp_path: Path):
    town = copied(whole, tmp_path)
    town.gateway.store.dispose()
    line = run("doctor", "--monitor", environment=town.environment)
    assert (line.code, line.out.splitlines()[0][:12]) == (1, "WARN 0 fail,")
    found = json.loads(run("doctor", "--json", environment=town.environment).out)
    assert {one["level"] for one in found} == {OK, WARN}
    of(town, "public", "trust.json").unlink()
    line = run("doctor", "--monitor", environment=town.environment)
    assert (line.code, line.out[:11]) == (2, "FAIL 1 fail")
    assert run("doctor", "--json", environment=town.environment).code == 1


@pytest.mark.postgres
@pytest.mark.long
def test_faults_of_postgresql_are_told_by_their_causes(migrated_postgres_url: str, postgres_url: str):
    url = make_url(migrated_postgres_url)
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("DROP ROLE IF EXISTS looker"))
        connection.execute(text("CREATE ROLE looker LOGIN"))
        connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA public TO looker"))
    cases: list[tuple[str, type[Exception]]] = [
        (url.set(username="nobody-here").render_as_string(hide_password=False), StoreLogin),
        (url.set(database="nowhere").render_as_string(hide_password=False), StoreMissing),
    ]
    for one, refusal in cases:
        store = Store(one)
        with pytest.raises(refusal), store.read():
            pass
        store.dispose()
    looker = Store(url.set(username="looker").render_as_string(hide_password=False))
    with looker.read() as session:
        session.execute(text("SELECT 1"))
    with pytest.raises(StoreNotWritable):
        looker.try_writing()
    with looker.read() as session:
        session.execute(text("SET statement_timeout = 20"))
        with pytest.raises(StoreTimeout):
            session.execute(text("SELECT pg_sleep(1)"))
    looker.dispose()
    with admin.connect() as connection:
        connection.execute(text("DROP OWNED BY looker"))
        connection.execute(text("DROP ROLE looker"))
    admin.dispose()


@pytest.mark.parametrize("url", ["postgres://x@h/y", "postgresql://x@h/y", "mysql://x@h/y"])
def test_an_url_of_another_kind_is_refused_in_a_sentence(url: str):
    refused = run("doctor", environment={**os.environ, "GATEWAY_DATABASE_URL": url})
    assert "must begin with postgresql+psycopg://" in refused.text
    assert "nobody foresaw" not in refused.text
