"""Commands on the signing keys: their whole life, see docs/keys.md."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import Commands, console, open_gateway, writing

if TYPE_CHECKING:
    from gateway.installation.gateway import Gateway
    from gateway.store.tables import SigningKeyRow

Kid = Annotated[str, typer.Argument(help="The key's id, as `gateway keys list` shows it.", metavar="KID")]
Uri = Annotated[str, typer.Option(help="A key in a hardware token: pkcs11:token=…;object=…?module-path=…&pin-source=…")]
Alg = Annotated[str, typer.Option(help="ES256, or PS256 or RS256 for an RSA seal certificate.")]
Certificate = Annotated[Path | None, typer.Option(help="A PKCS #12 file with a key and its seal certificate.")]
PasswordFile = Annotated[Path | None, typer.Option(help="The file that holds its password.")]


def add(uri: Uri = "", alg: Alg = "ES256", certificate: Certificate = None, password_file: PasswordFile = None) -> None:
    """Add a signing key that is announced and does not sign yet.

    Example: gateway keys add
    """
    row = _add_key(open_gateway(), uri, alg, certificate, password_file)
    _tell("added, not signing yet", row)


def rotate(
    uri: Uri = "", alg: Alg = "ES256", certificate: Certificate = None, password_file: PasswordFile = None
) -> None:
    """Add a signing key and let it sign from now on; the one before is retiring.

    Example: gateway keys rotate
    """
    from gateway.installation.signing import activate as use_case

    gateway = open_gateway()
    row = _add_key(gateway, uri, alg, certificate, password_file)
    _publish_and_tell(gateway, "signs from now on", use_case(gateway, row.kid))


def activate(kid: Kid) -> None:
    """Let a pending key sign from now on; the one before is retiring.

    Example: gateway keys activate KID
    """
    from gateway.installation.signing import activate as use_case

    gateway = open_gateway()
    _publish_and_tell(gateway, "signs from now on", use_case(gateway, kid))


def retire(kid: Kid) -> None:
    """End the overlap: a retiring key is no longer published beside its successor.

    Example: gateway keys retire KID
    """
    from gateway.installation.signing import retire as use_case

    gateway = open_gateway()
    _publish_and_tell(gateway, "retired; verifiers find it in the key manifest", use_case(gateway, kid))


def destroy(kid: Kid) -> None:
    """Remove the private part of a key that signs no more.

    Example: gateway keys destroy KID
    """
    from gateway.installation.signing import destroy as use_case

    gateway = open_gateway()
    _publish_and_tell(gateway, "destroyed; what it signed verifies as before", use_case(gateway, kid))


def declare_stolen(
    kid: Kid,
    since: Annotated[str, typer.Option(help="ISO 8601 with an offset: since when somebody else may have signed.")],
) -> None:
    """Declare a key stolen: what was logged since then is void, what was logged before stays valid.

    Example: gateway keys compromised KID --since 2026-11-01T00:00:00Z
    """
    from gateway.installation.signing import compromise as use_case

    try:
        instant = datetime.fromisoformat(since)
    except ValueError:
        raise typer.BadParameter("is no ISO 8601 time", param_hint="--since") from None
    if instant.tzinfo is None:
        raise typer.BadParameter("has no offset: write Z or +01:00 after it", param_hint="--since")
    gateway = open_gateway()
    _publish_and_tell(gateway, f"compromised since {instant.isoformat()}", use_case(gateway, kid, since=instant))
    console.print("  run `gateway keys rotate`, and hand out again what was logged since", style="yellow")


def passphrase(
    new_passphrase_file: Annotated[Path, typer.Option(help="The file that holds the new passphrase.")],
) -> None:
    """Seal every key of the key store under another passphrase.

    Example: gateway keys passphrase --new-passphrase-file secrets/passphrase.new
    """
    from keys.keystore import read_passphrase

    gateway = open_gateway()
    gateway.change_passphrase(read_passphrase(new_passphrase_file))
    console.print(f"every key is sealed under the passphrase in {new_passphrase_file}")
    console.print("  name that file in GATEWAY_PASSPHRASE_FILE, or put it in the old one's place")


def _add_key(
    gateway: Gateway, uri: str, alg: str, certificate: Path | None, password_file: Path | None
) -> SigningKeyRow:
    from gateway.installation.signing import add_key
    from keys.keystore import read_passphrase
    from keys.signer import KINDS

    if alg not in KINDS:
        raise typer.BadParameter(f"must be one of: {', '.join(KINDS)}", param_hint="--alg")
    password = b"" if password_file is None else read_passphrase(password_file)
    return add_key(gateway, alg=alg, uri=uri, certificate=certificate, password=password)


def _publish_and_tell(gateway: Gateway, what: str, row: SigningKeyRow) -> None:
    """Publish the next manifest, and tell."""
    from gateway.release.publication import publish

    with writing(gateway.settings.public_directory):
        publish(gateway)
    _tell(what, row)


def _tell(what: str, row: SigningKeyRow) -> None:
    console.print(f"{row.kid}  {what}")
    if row.is_development:
        console.print("  a development key: every attestation is marked demo", style="yellow")


COMMANDS: Commands = {
    "add": add,
    "rotate": rotate,
    "activate": activate,
    "retire": retire,
    "destroy": destroy,
    "compromised": declare_stolen,
    "passphrase": passphrase,
}
