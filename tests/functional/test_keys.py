"""Stories of the signing keys: rotation, theft, a lost passphrase, a restored backup, a seal certificate."""

from __future__ import annotations

import base64
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from gateway.errors.installation import KeyFileInvalid, NoActiveKey, SigningKeyUnknown, UnsafeForProduction
from gateway.errors.oversight import CheckpointMismatch
from gateway.installation import signing
from gateway.installation.gateway import Gateway
from gateway.installation.installing import initialise
from gateway.installation.settings import Kind, Settings
from gateway.jobs.doctor import examine
from gateway.release import publication
from keys.errors import KeyStoreLocked, KeyUnknown, TransitionRefused
from keys.lifecycle import KeyState
from outcome_verifier import canonical, jws
from outcome_verifier.errors import ReceiptInvalid, VerificationError
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import Demands, verify_bundle
from tests.functional.test_traps import Clock
from tests.support.municipality import SimulatedMunicipality, ready

FIRST, SECOND = ("2018H2", "payment_document", "operator"), ("2019H1", "payment_document", "operator")


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    clock = Clock(date(2030, 1, 1))
    return ready(tmp_path, clock=clock)


@pytest.fixture
def real(tmp_path: Path) -> SimulatedMunicipality:
    """A production installation (of people who do not exist): a seal belongs nowhere else."""
    return ready(tmp_path, kind=Kind.PRODUCTION, clock=Clock(date(2030, 1, 1)))


def move(town: SimulatedMunicipality, **span: int) -> None:
    town.gateway.clock.now += timedelta(**span)


def states(town: SimulatedMunicipality) -> list[str]:
    return [str(key.state) for key in signing.list_signing_keys(town.gateway)]


def rotate(town: SimulatedMunicipality, **options) -> str:
    kid = signing.add_key(town.gateway, **options).kid
    signing.activate(town.gateway, kid)
    return kid


def kid_of(bundle: bytes) -> str:
    token = canonical.loads(bundle)["attestation"].split("~")[0]
    return jws.parse(token, typ="dc+sd-jwt", members=frozenset({"iat", "x5c"})).header["kid"]


def test_a_rotation_changes_the_key_and_neither_fingerprint_nor_what_was_signed(town: SimulatedMunicipality):
    before, fingerprint = town.release(*FIRST), town.trust().fingerprint
    move(town, days=1)
    new = rotate(town)
    after = town.release(*SECOND)
    assert kid_of(before.bundle) != kid_of(after.bundle) == new
    assert states(town) == ["retiring", "active"]
    for bundle in (before.bundle, after.bundle):
        town.verified(bundle)  # both with the trust file of today
    assert town.trust().fingerprint == fingerprint
    assert town.trust().version == 3  # the first day, added, activated


def test_a_new_key_is_announced_before_it_signs(town: SimulatedMunicipality):
    kid = signing.add_key(town.gateway).kid
    trust = town.trust()
    assert trust.keys[kid].valid_from is None
    publication.publish(town.gateway)
    published = canonical.loads((town.gateway.settings.public_directory / ".well-known/jwt-vc-issuer").read_bytes())
    assert kid in [key["kid"] for key in published["jwks"]["keys"]]
    assert kid_of(town.release(*FIRST).bundle) != kid


def test_the_overlap_ends_and_history_stays(town: SimulatedMunicipality):
    old = town.trust().keys.keys()
    bundle = town.release(*FIRST).bundle
    move(town, days=1)
    new = rotate(town)
    [first] = old
    move(town, days=30)
    signing.retire(town.gateway, first)
    signing.destroy(town.gateway, first)
    signing.destroy(town.gateway, first)  # again changes nothing
    assert states(town) == ["destroyed", "active"]
    assert "attestation" not in town.gateway.keystore.names()
    town.verified(bundle)
    publication.publish(town.gateway)
    published = canonical.loads((town.gateway.settings.public_directory / ".well-known/jwt-vc-issuer").read_bytes())
    assert [key["kid"] for key in published["jwks"]["keys"]] == [new]


def test_a_stolen_key_spoils_what_was_logged_since_and_nothing_before(town: SimulatedMunicipality):
    [kid] = town.trust().keys
    before = town.release(*FIRST).bundle
    move(town, days=10)
    since = town.gateway.clock()
    move(town, days=10)
    after = town.release(*SECOND).bundle
    signing.compromise(town.gateway, kid, since=since)
    with pytest.raises(NoActiveKey):
        town.release("2019H2", "payment_document", "operator")
    rotate(town)
    town.verified(town.release(*FIRST).bundle)  # handed out again, with a status list by the new key
    town.verified(before)  # and as it lay in somebody's drawer
    with pytest.raises(ReceiptInvalid, match="not valid at the logged time"):
        town.verified(after)
    assert "attestation" not in town.gateway.keystore.names()


def test_a_compromise_is_not_taken_back(town: SimulatedMunicipality):
    [kid] = town.trust().keys
    since = town.gateway.clock()
    signing.compromise(town.gateway, kid, since=since)
    assert signing.compromise(town.gateway, kid, since=since).state == KeyState.COMPROMISED
    for act in (signing.activate, signing.retire, signing.destroy):
        with pytest.raises(TransitionRefused):
            act(town.gateway, kid)


def test_a_key_that_signs_is_not_destroyed_and_an_unknown_one_not_found(town: SimulatedMunicipality):
    [kid] = town.trust().keys
    with pytest.raises(TransitionRefused):
        signing.destroy(town.gateway, kid)
    with pytest.raises(SigningKeyUnknown):
        signing.activate(town.gateway, "nobody")
    town.release(*FIRST)


def test_a_rotation_in_the_middle_of_a_release_is_finished_by_the_new_key(
    town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch
):
    """The intent names no key; what is logged is signed by the key that was active when it was logged."""

    def dies(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("gateway.release.issuing.sdjwt.issue", dies)
        with pytest.raises(KeyboardInterrupt):
            town.release(*FIRST)
    [intended] = town.rows()
    assert intended.state == "intended"
    move(town, days=1)
    new = rotate(town)
    done = town.release(*FIRST)
    assert kid_of(done.bundle) == new
    assert town.verified(done.bundle).claims["jti"] == intended.jti


def test_every_manifest_is_logged_and_names_the_one_before(town: SimulatedMunicipality):
    files = [town.gateway.trust_file()]
    rotate(town)
    files.append(town.gateway.trust_file())
    manifests = [canonical.loads(file)["manifest"] for file in files]
    claims = [jws.parse(text, typ="key-manifest+jwt", members=frozenset()).payload for text in manifests]
    assert [body["version"] for body in claims] == [1, 3]
    assert claims[0]["previous"] is None
    assert {key["kid"] for key in claims[0]["keys"]} < {key["kid"] for key in claims[1]["keys"]}
    assert [TrustFile.load(file).version for file in files] == [1, 3]


def test_a_lost_passphrase_stops_everything_here_and_nothing_elsewhere(town: SimulatedMunicipality):
    """What was handed out verifies without us; keys and passphrase from the safe bring the gateway back."""
    bundle, trust = town.release(*FIRST).bundle, town.trust()
    passphrase = town.gateway.settings.passphrase_path
    safe = passphrase.read_bytes()
    passphrase.write_bytes(b"what was it again")
    with pytest.raises(KeyStoreLocked):  # every key is looked at before anything is done
        Gateway.open(town.gateway.settings, clock=town.gateway.clock)
    assert [row.window for row in town.rows()] == ["2018H2"]
    verify_bundle(bundle, trust, now=int(town.gateway.clock().timestamp()))
    passphrase.write_bytes(safe)
    town.release(*SECOND)


def test_the_passphrase_can_be_changed_and_the_old_one_opens_nothing(town: SimulatedMunicipality):
    town.gateway.change_passphrase(b"another one")
    town.release(*FIRST)
    with pytest.raises(KeyStoreLocked):
        Gateway.open(town.gateway.settings).anchor()
    town.gateway.settings.passphrase_path.write_bytes(b"another one")
    Gateway.open(town.gateway.settings).anchor()
    assert [path.name for path in town.data_directory.glob("keys*")] == ["keys"]


@pytest.mark.parametrize("killed_at", [1, 2])
def test_a_change_of_passphrase_that_is_killed_loses_no_key(
    town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch, killed_at: int
):
    """Killed before the old store steps aside, or before the new one takes its place: the old passphrase stands."""
    calls, real = iter(range(1, 100)), Path.rename

    def dies(path: Path, target: Path) -> Path:
        if path.name.startswith("keys") and next(calls) == killed_at:
            raise KeyboardInterrupt
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", dies)
        with pytest.raises(KeyboardInterrupt):
            town.gateway.change_passphrase(b"another one")
    again = Gateway.open(town.gateway.settings, clock=town.gateway.clock)
    SimulatedMunicipality(again, town.contract, town.drop, town.folder).release(*FIRST)
    again.change_passphrase(b"another one")
    assert sorted(path.name for path in town.data_directory.glob("keys*")) == ["keys"]


def test_the_passphrase_comes_from_a_file_or_a_systemd_credential(
    town: SimulatedMunicipality, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = town.gateway.settings.passphrase_path
    secret = file.read_text().strip()
    file.unlink()
    folder = town.data_directory
    monkeypatch.setenv("GATEWAY_PASSPHRASE", secret)
    with pytest.raises(ValidationError, match="GATEWAY_PASSPHRASE: a secret stands in no variable") as refused:
        Settings(data_directory=folder)
    assert secret not in str(refused.value)
    monkeypatch.delenv("GATEWAY_PASSPHRASE")
    with pytest.raises(KeyUnknown):
        Gateway.open(Settings(data_directory=folder))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "gateway-passphrase").write_text(secret)
    Gateway.open(Settings(data_directory=folder)).anchor()


def test_an_older_backup_is_noticed_before_it_signs_over_what_was_given_away(town: SimulatedMunicipality):
    """Its log would give new entries places that stand in somebody's receipt already."""
    backup = town.folder / "backup.sqlite"
    town.gateway.store.dispose()
    shutil.copy(town.data_directory / "gateway.sqlite", backup)
    town.release("2018H2", "contract_total", "investor")
    publication.publish(town.gateway)
    town.gateway.store.dispose()
    for file in town.data_directory.glob("gateway.sqlite*"):
        file.unlink()
    shutil.copy(backup, town.data_directory / "gateway.sqlite")
    restored = Gateway.open(town.gateway.settings, clock=town.gateway.clock)
    assert [found for found in examine(town.gateway.settings) if found.level == "fail" and "older backup" in found.what]
    with pytest.raises(CheckpointMismatch, match="older backup"):
        publication.publish(restored)
    with pytest.raises(CheckpointMismatch, match="older backup"):
        SimulatedMunicipality(restored, town.contract, town.drop, town.folder).release(*FIRST)


def test_the_newest_backup_goes_on(town: SimulatedMunicipality):
    """Positive control of the test above."""
    bundle = town.release(*FIRST).bundle
    publication.publish(town.gateway)
    town.gateway.store.dispose()
    backup = town.folder / "backup.sqlite"
    shutil.copy(town.data_directory / "gateway.sqlite", backup)
    (town.data_directory / "gateway.sqlite").unlink()
    shutil.copy(backup, town.data_directory / "gateway.sqlite")
    again = town.release(*FIRST)
    assert canonical.loads(again.bundle)["attestation"] == canonical.loads(bundle)["attestation"]
    town.release(*SECOND)


def test_production_refuses_a_development_key_that_may_come_to_sign(town: SimulatedMunicipality):
    settings = town.gateway.settings.model_copy(update={"profile": "production"})
    with pytest.raises(UnsafeForProduction):
        Gateway.open(settings)


# a seal certificate of a certificate authority, as a municipality would get one


class Authority:
    """A root, an issuing authority below it, and the seal certificates that it issues."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.root_key, self.key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self.root = self._certificate("A root", self.root_key, "A root", self.root_key, is_ca=True)
        self.certificate = self._certificate("An authority", self.key, "A root", self.root_key, is_ca=True)

    def _certificate(self, name, key, issuer, issuer_key, *, is_ca: bool, days: int = 1000) -> x509.Certificate:
        names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (name, issuer)]
        builder = (
            x509.CertificateBuilder()
            .subject_name(names[0])
            .issuer_name(names[1])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(days=1))
            .not_valid_after(self.now + timedelta(days=days))
        )
        if is_ca:
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return builder.sign(issuer_key, hashes.SHA256())

    def seal(self, folder: Path, key, *, days: int = 1000) -> Path:
        """A PKCS #12 file with the key, its certificate and the chain."""
        leaf = self._certificate("Opdigtet Kommune", key, "An authority", self.key, is_ca=False, days=days)
        sealed = pkcs12.serialize_key_and_certificates(
            b"seal", key, leaf, [self.root, self.certificate], BestAvailableEncryption(b"secret")
        )
        (folder / "seal.p12").write_bytes(sealed)
        return folder / "seal.p12"

    @property
    def anchors(self) -> bytes:
        return self.root.public_bytes(Encoding.PEM)


SEALS = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "PS256": lambda: rsa.generate_private_key(public_exponent=65_537, key_size=2048),
    "RS256": lambda: rsa.generate_private_key(public_exponent=65_537, key_size=2048),
}


@pytest.mark.long
@pytest.mark.parametrize("alg", SEALS)
def test_a_seal_certificate_leads_to_its_authority_at_the_logged_time(real: SimulatedMunicipality, alg: str):
    town = real
    authority = Authority(town.gateway.clock())
    file = authority.seal(town.folder, SEALS[alg](), days=30)
    rotate(town, alg=alg, certificate=file, password=b"secret")
    bundle = town.release(*FIRST).bundle
    later = int((town.gateway.clock() + timedelta(days=3650)).timestamp())  # the certificate expired long ago
    sealed = Demands(anchors=authority.anchors)
    verified = verify_bundle(bundle, town.trust(), now=later, demands=sealed)
    assert "Opdigtet Kommune" in verified.checks[5].detail
    header = canonical.loads(base64.urlsafe_b64decode(canonical.loads(bundle)["attestation"].split(".")[0] + "=="))
    assert (header["alg"], len(header["x5c"])) == (alg, 2)
    stranger = Demands(anchors=Authority(town.gateway.clock()).anchors)
    with pytest.raises(ReceiptInvalid, match="does not lead to an anchor"):
        verify_bundle(bundle, town.trust(), now=later, demands=stranger)


def test_a_certificate_that_had_expired_when_it_sealed_is_refused(real: SimulatedMunicipality):
    town = real
    authority = Authority(town.gateway.clock())
    rotate(town, certificate=authority.seal(town.folder, SEALS["ES256"](), days=30), password=b"secret")
    move(town, days=31)
    bundle = town.release(*FIRST).bundle
    now = int(town.gateway.clock().timestamp())
    with pytest.raises(ReceiptInvalid, match="at that time"):
        verify_bundle(bundle, town.trust(), now=now, demands=Demands(anchors=authority.anchors))
    assert verify_bundle(bundle, town.trust(), now=now)  # the pinned key stands by itself


def test_anchors_ask_for_a_certificate(town: SimulatedMunicipality):
    bundle, now = town.release(*FIRST).bundle, int(town.gateway.clock().timestamp())
    with pytest.raises(VerificationError, match="no certificate"):
        verify_bundle(bundle, town.trust(), now=now, demands=Demands(anchors=Authority(datetime.now(UTC)).anchors))


def test_a_key_file_that_does_not_fit_is_refused(real: SimulatedMunicipality):
    town = real
    authority = Authority(town.gateway.clock())
    file = authority.seal(town.folder, SEALS["ES256"]())
    with pytest.raises(KeyFileInvalid, match="password"):
        signing.add_key(town.gateway, certificate=file, password=b"wrong")
    with pytest.raises(KeyFileInvalid, match="PS256"):
        signing.add_key(town.gateway, alg="PS256", certificate=file, password=b"secret")
    signing.add_key(town.gateway, certificate=file, password=b"secret")
    with pytest.raises(KeyFileInvalid, match="already"):
        signing.add_key(town.gateway, certificate=file, password=b"secret")
    assert states(town) == ["active", "pending"]


def test_production_makes_no_development_keys_and_leaves_nothing_behind(tmp_path: Path):
    settings = Settings(data_directory=tmp_path / "new", profile="production")
    options = {"host_name": "g.example", "municipality_code": "851", "municipality_name": "Aalborg Kommune"}
    with pytest.raises(UnsafeForProduction, match="--demo-keys"):
        initialise(settings, **options, kind=Kind.DEMO)
    assert not settings.data_directory.exists()
    assert initialise(settings, **options, kind=Kind.PRODUCTION).has_development_key() is False
