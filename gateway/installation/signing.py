"""Use cases of the signing keys: add, activate, retire, destroy, declare stolen. `keys.lifecycle` says what may follow.

Each is one transaction with its event and the next version of the key manifest. A private part is removed after the
commit: a crash between leaves a file that nothing uses any more, and the same command run again removes it.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import Certificate
from sqlmodel import col, select

from gateway.errors.installation import KeyFileInvalid, SigningKeyUnknown
from gateway.errors.signer import KindMismatch
from gateway.events.installation import SigningKeyChanged
from gateway.installation.gateway import Gateway, check_signer, is_development
from gateway.store.tables import SigningKeyRow
from gateway.store.unit_of_work import UnitOfWork
from keys.lifecycle import KeyAction, KeyState, after
from keys.signer import KINDS, signer_from_uri


def add_key(
    gateway: Gateway, *, alg: str = "ES256", uri: str = "", certificate: Path | None = None, password: bytes = b""
) -> SigningKeyRow:
    """A new pending key: made here, in a hardware token (`uri`), or with its seal certificate from a PKCS #12 file.

    Raises `KeyFileInvalid`, `KeyUnknown`, `SignerUnavailable`, or `KindMismatch` where this is no production
    installation and the key is a real one: in a token, or with a seal certificate. The same key twice is
    `KeyFileInvalid`.
    """
    now, kind = gateway.clock(), gateway.installed.kind
    if certificate is not None and is_development(kind):
        raise KindMismatch(kind=kind, reason="a seal certificate belongs to a production installation alone")
    private, chain = (None, []) if certificate is None else _from_pkcs12(certificate, password, alg)
    # the file within the transaction: nobody mends the key store meanwhile, and takes it for one that no row names
    with gateway.store.write(now, by=gateway.actor) as uow:
        if not uri:
            name = f"attestation-{secrets.token_hex(4)}"
            gateway.keystore.add(name, KINDS[alg], now=now, is_development=is_development(kind), private=private)
            uri = f"file:{name}"
        signer = signer_from_uri(uri, gateway.keystore, alg=alg)
        check_signer(signer, kind, uri=uri)
        if (known := uow.session.get(SigningKeyRow, signer.kid)) is not None:
            if known.uri != uri and uri.startswith("file:"):
                gateway.keystore.destroy(uri.removeprefix("file:"))
            raise KeyFileInvalid(file=uri, reason="is a key that is here already")
        row = SigningKeyRow(
            kid=signer.kid,
            uri=uri,
            alg=alg,
            jwk=dict(signer.public_jwk),
            x5c=chain,
            state=KeyState.PENDING,
            is_development=signer.is_development,
            added_at=uow.now,
        )
        uow.session.add(row)
        _record_change(gateway, uow, row, "add")
    return row


def activate(gateway: Gateway, kid: str) -> SigningKeyRow:
    """Let a pending key sign from now on; the key before it is retiring. An active key stays as it is.

    A release that was interrupted under the key before is finished under this one.
    """
    with gateway.write() as uow:
        row = _row(uow, kid)
        if row.state == KeyState.ACTIVE:
            return row
        row.state = after(KeyState(row.state), KeyAction.ACTIVATE)
        signer_from_uri(row.uri, gateway.keystore, alg=row.alg)  # one that cannot sign must not become active
        for before in uow.session.exec(select(SigningKeyRow).where(SigningKeyRow.state == KeyState.ACTIVE)).all():
            if before.kid != kid:
                before.state, before.valid_to = after(KeyState(before.state), KeyAction.SUCCEED), uow.now
                uow.session.add(before)
        row.valid_from = uow.now
        _record_change(gateway, uow, row, KeyAction.ACTIVATE)
    return row


def retire(gateway: Gateway, kid: str) -> SigningKeyRow:
    """End the overlap: a retiring key is no longer published beside its successor; the manifest keeps it."""
    return _act(gateway, kid, KeyAction.RETIRE)


def destroy(gateway: Gateway, kid: str) -> SigningKeyRow:
    """Remove the private part of a key that signs no more. In a hardware token its owner removes it."""
    row = _act(gateway, kid, KeyAction.DESTROY)
    _remove(gateway, row)
    return row


def compromise(gateway: Gateway, kid: str, *, since: datetime) -> SigningKeyRow:
    """Declare that somebody else may have signed with a key since a time; what was logged before stays valid.

    An active key leaves none behind: nothing is signed until another is activated.
    """
    row = _act(gateway, kid, KeyAction.COMPROMISE, since=since)
    _remove(gateway, row)
    return row


def list_signing_keys(gateway: Gateway) -> Sequence[SigningKeyRow]:
    """Every signing key there ever was, oldest first."""
    with gateway.store.read() as session:
        return session.exec(select(SigningKeyRow).order_by(col(SigningKeyRow.added_at), SigningKeyRow.kid)).all()


def _act(gateway: Gateway, kid: str, action: KeyAction, *, since: datetime | None = None) -> SigningKeyRow:
    with gateway.write() as uow:
        row = _row(uow, kid)
        done = {
            KeyAction.RETIRE: KeyState.RETIRED,
            KeyAction.DESTROY: KeyState.DESTROYED,
            KeyAction.COMPROMISE: KeyState.COMPROMISED,
        }
        if row.state == done[action] and row.compromised_since == since:
            return row
        row.state = after(KeyState(row.state), action)
        if since is not None:
            row.compromised_since = min(since, uow.now)
        if row.valid_from is not None and row.valid_to is None:
            row.valid_to = uow.now
        _record_change(gateway, uow, row, action)
    return row


def _row(uow: UnitOfWork, kid: str) -> SigningKeyRow:
    row = uow.session.get(SigningKeyRow, kid)
    if row is None:
        raise SigningKeyUnknown(kid=kid)
    return row


def _record_change(gateway: Gateway, uow: UnitOfWork, row: SigningKeyRow, action: str) -> None:
    uow.session.add(row)
    manifest = gateway.record_manifest(uow.session, now=uow.now)
    uow.record(SigningKeyChanged(key=row.kid, action=str(action), state=str(row.state), manifest=manifest.version))


def _remove(gateway: Gateway, row: SigningKeyRow) -> None:
    scheme, _, name = row.uri.partition(":")
    if scheme == "file":
        gateway.keystore.destroy(name)


def _from_pkcs12(file: Path, password: bytes, alg: str) -> tuple[bytes, list[str]]:
    """PKCS #8 bytes and the `x5c` chain of a PKCS #12 file, leaf first, without a self-signed root."""
    try:
        key, leaf, others = pkcs12.load_key_and_certificates(file.read_bytes(), password or None)
    except ValueError:
        raise KeyFileInvalid(file=file.name, reason="does not open: another password, or no PKCS #12 file") from None
    wanted = EllipticCurvePrivateKey if KINDS[alg] == "p256" else RSAPrivateKey
    if not isinstance(key, wanted) or leaf is None:
        raise KeyFileInvalid(file=file.name, reason=f"holds no key for {alg} with its certificate")
    chain = [leaf, *(one for one in _issuing_chain(leaf, others))]
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, [_base64(one) for one in chain]


def _issuing_chain(leaf: Certificate, others: Sequence[Certificate]) -> list[Certificate]:
    """The issuing certificates from the leaf upwards; a root stands for itself and is left out (RFC 7515 §4.1.6)."""
    chain: list[Certificate] = []
    below = leaf
    while (above := next((one for one in others if one.subject == below.issuer), None)) is not None:
        if above.subject == above.issuer or above in chain:
            break
        chain.append(above)
        below = above
    return chain


def _base64(certificate: Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode("ascii")
