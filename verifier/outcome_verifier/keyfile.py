"""`verify-outcome key FILE`: makes a key to accept or countersign with, and says its thumbprint."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from outcome_verifier import canonical, signing

_EXAMPLE = "example: verify-outcome key our.key.pem --public our.key.json"


def passphrase_of(file: str | None) -> Callable[[], bytes]:
    """How a command gets the passphrase of a key: the first line of a file, or what a person types, unseen."""

    def ask() -> bytes:
        if file is not None:
            return Path(file).read_bytes().split(b"\n")[0].rstrip(b"\r")
        from getpass import getpass

        return getpass("passphrase of the key: ").encode()

    return ask


def main(arguments: Sequence[str]) -> int:
    """Run `verify-outcome key` and return its exit code: 0, or 2 where there is no key afterwards."""
    parser = argparse.ArgumentParser(
        prog="verify-outcome key",
        description="Make a key to sign with (P-256), or read one that exists, and print its thumbprint.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("file", metavar="FILE", help="the private key, PKCS#8 in PEM; never overwritten")
    parser.add_argument("--passphrase-file", metavar="FILE", help="the passphrase is its first line; else it is asked")
    parser.add_argument("--public", metavar="FILE", help="where to write the public key as a JWK")
    options = parser.parse_args(arguments)
    path = Path(options.file)
    is_new = not path.exists()
    try:
        if is_new:
            passphrase = _chosen_passphrase(options.passphrase_file)
            signer = signing.make(path, passphrase)
        else:
            signer = signing.load(path, passphrase_of(options.passphrase_file))
        if options.public:
            Path(options.public).write_bytes(canonical.dumps(dict(signer.public_jwk)) + b"\n")
    except (OSError, ValueError) as error:
        print(f"verify-outcome: {error}", file=sys.stderr)
        return 2
    how = (
        "read"
        if not is_new
        else "made, encrypted"
        if passphrase
        else "made, NOT encrypted: whoever has it signs as you"
    )
    print(f"key         {path} ({how})")
    print(f"thumbprint  {signer.kid}")
    print("Tell the thumbprint to those who rely on your signature, by another way than the file that you sign.")
    return 0


def _chosen_passphrase(file: str | None) -> bytes:
    """The passphrase of a new key, typed twice; empty for none, and where nobody is there to type."""
    if file is not None or not sys.stdin.isatty():
        return b"" if file is None else passphrase_of(file)()
    from getpass import getpass

    first = getpass("passphrase of the new key (empty for none): ")
    if first and getpass("the same again: ") != first:
        raise ValueError("the two passphrases differ")
    return first.encode()
