"""What can go wrong with numbers, keys and the vault. No message holds a number or key material.

KeysError (vocabulary.errors.ProductError)
├── InvalidCpr            a text is not a CPR number; says which rule, never the text
├── KeyStoreLocked        wrong passphrase, or a key file that was changed
├── KeyStoreUnsafe        permissions wider than the owner
├── KeyUnknown            no key of that name
├── KeysMissing           keys that something here was made with have no file
├── TransitionRefused     a signing key's state does not allow the action
├── SignerUnavailable     a hardware token does not answer, or does not hold the key
├── RecipientInvalid      a text is no public key of a recipient
├── IdentityRefused       a sealed file does not open with this identity, or a file holds none
├── NumberTaken           a changed number is already another subject's
└── VaultCorrupt          a sealed number or subject key does not open
"""

from __future__ import annotations

from vocabulary.errors import ProductError


class KeysError(ProductError):
    code = "keys-error"


class InvalidCpr(KeysError):
    code = "invalid-cpr"

    def __init__(self, *, rule: str) -> None:
        self.rule = rule
        super().__init__(f"not a CPR number: {rule}")


class KeyStoreLocked(KeysError):
    code = "key-store-locked"

    def __init__(self, *, file: str) -> None:
        super().__init__(f"{file} does not open: the passphrase is another one, or the file was changed")


class KeyStoreUnsafe(KeysError):
    code = "key-store-unsafe"

    def __init__(self, *, path: str) -> None:
        super().__init__(f"{path} may be read by others; give it to its owner alone (chmod go= {path})")


class KeyUnknown(KeysError):
    code = "key-unknown"

    def __init__(self, *, name: str) -> None:
        super().__init__(f"the key store holds no key {name!r}")


class KeysMissing(KeysError):
    """`names` are the keys of which the key store has no file. None is made anew: another one opens, matches or proves
    nothing of what is there."""

    code = "keys-missing"

    def __init__(self, *, names: list[str]) -> None:
        self.names = names
        super().__init__(
            f"the key store lacks these keys: {', '.join(names)}. Put them back from the copy of the key store: what"
            " the database holds was made with them, and new ones would open, match and prove nothing of it"
        )


class TransitionRefused(KeysError):
    code = "transition-refused"

    def __init__(self, *, state: str, action: str) -> None:
        super().__init__(f"a key that is {state} cannot {action}; `gateway keys list` shows every key's state")


class SignerUnavailable(KeysError):
    """`reason` is the token's own error name, never a PIN."""

    code = "signer-unavailable"

    def __init__(self, *, uri: str, reason: str) -> None:
        super().__init__(f"the signer {uri} cannot be used: {reason}")


class VaultCorrupt(KeysError):
    code = "vault-corrupt"

    def __init__(self) -> None:
        super().__init__("a sealed entry does not open: the vault key is another one, or the entry was changed")


class NumberTaken(KeysError):
    code = "number-taken"

    def __init__(self) -> None:
        super().__init__("a changed number belongs to another subject of this contract: enrolled twice, or a mistake")


class RecipientInvalid(KeysError):
    code = "recipient-invalid"

    def __init__(self) -> None:
        super().__init__(
            "the recipient is no public key of age; it begins with age1 and is the line `# public key:` of what"
            " `age-keygen` wrote"
        )


class IdentityRefused(KeysError):
    code = "identity-refused"

    def __init__(self, *, file: str, reason: str) -> None:
        super().__init__(f"{file} {reason}")
