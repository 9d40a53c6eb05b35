"""Feeds the verifier with bytes that libFuzzer makes up; whatever is not a refusal of its own tree ends the process."""

from __future__ import annotations

import contextlib
import sys

import atheris

with atheris.instrument_imports(include=["outcome_verifier"]):
    from outcome_verifier.errors import TrustInvalid, VerificationError
    from outcome_verifier.trust import TrustFile
    from outcome_verifier.verify import verify_bundle

from tests.vectors.make import HERE, NOW

TRUST = TrustFile.load((HERE / "TRUST.json").read_bytes())


def one_input(data: bytes) -> None:
    """The bytes as a bundle, and as a trust file."""
    try:
        verify_bundle(data, TRUST, now=NOW)
    except VerificationError as error:
        if not str(error).isprintable():
            raise ValueError("a reason repeats control characters") from None
    with contextlib.suppress(TrustInvalid):
        TrustFile.load(data)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
