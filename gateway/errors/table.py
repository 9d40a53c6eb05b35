"""How every error shows outside: an exit code on the command line, a status and a title over HTTP."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an error shows outside: an exit code on the command line, a status and title over HTTP."""

    exit_code: int
    status: int
    title: str


_OUTCOMES: dict[str, Outcome] = {
    "product-error": Outcome(1, 500, "Internal error"),
    "gateway-error": Outcome(1, 500, "Internal error"),
    "declaration-invalid": Outcome(3, 422, "The file cannot be understood"),
    "text-invalid": Outcome(3, 422, "The text cannot be used"),
    "connector-error": Outcome(3, 422, "The file cannot be used"),
    "file-unreadable": Outcome(3, 422, "The file cannot be read"),
    "header-mismatch": Outcome(3, 422, "The file's header is another one"),
    "file-truncated": Outcome(3, 422, "The file is cut off"),
    "file-not-needed": Outcome(3, 422, "The file is not needed"),
    "file-name-mismatch": Outcome(3, 422, "The file's name is another one"),
    "rows-not-shown": Outcome(5, 409, "Rows are shown on a terminal alone"),
    "file-changed": Outcome(3, 422, "The file changed while it was read"),
    "secret-missing": Outcome(6, 503, "A secret is missing"),
    "source-error": Outcome(11, 502, "The source did not answer as it should"),
    "source-unavailable": Outcome(11, 503, "The source cannot be reached"),
    "source-refused": Outcome(11, 502, "The source refused"),
    "source-malformed": Outcome(11, 502, "The source's answer cannot be used"),
    "schema-changed": Outcome(11, 502, "The source's columns are other ones"),
    "answer-for-another": Outcome(11, 502, "The source answered about somebody else"),
    "request-unsafe": Outcome(5, 409, "The request was not sent"),
    "number-taken": Outcome(5, 409, "The number is another subject's"),
    "programme-invalid": Outcome(3, 422, "The programme cannot be understood"),
    "keys-error": Outcome(6, 503, "The key store cannot be used"),
    "invalid-cpr": Outcome(3, 422, "Not a CPR number"),
    "key-store-locked": Outcome(6, 503, "The key store is locked"),
    "key-store-unsafe": Outcome(6, 503, "The key store is open to others"),
    "key-unknown": Outcome(6, 503, "A key is missing"),
    "vault-corrupt": Outcome(10, 503, "The vault does not open"),
    "not-found": Outcome(4, 404, "Not found"),
    "contract-unknown": Outcome(4, 404, "No such contract"),
    "window-unknown": Outcome(4, 404, "No such window"),
    "source-unknown": Outcome(4, 404, "No such source"),
    "organisation-unknown": Outcome(4, 404, "No such organisation"),
    "client-unknown": Outcome(4, 404, "No such client"),
    "proposal-unknown": Outcome(4, 404, "No such proposal"),
    "person-unknown": Outcome(4, 404, "Nobody found"),
    "sample-unknown": Outcome(4, 404, "No such sample"),
    "audit-refused": Outcome(5, 409, "The audit does not allow it"),
    "countersignature-refused": Outcome(3, 422, "The countersignature was not taken"),
    "request-unknown": Outcome(4, 404, "No such request"),
    "record-unknown": Outcome(4, 404, "No such record"),
    "advice-unknown": Outcome(4, 404, "No such advice"),
    "bill-unknown": Outcome(4, 404, "No such invoice"),
    "dispute-unknown": Outcome(4, 404, "No such dispute"),
    "decision-unknown": Outcome(4, 404, "No such decision"),
    "change-needs-approval": Outcome(5, 409, "A second person must approve"),
    "evidence-unknown": Outcome(4, 404, "No such evidence"),
    "evidence-refused": Outcome(5, 409, "The evidence was not registered"),
    "record-refused": Outcome(5, 409, "The record was not made"),
    "request-refused": Outcome(5, 409, "The request was refused"),
    "statement-emptied": Outcome(5, 409, "The statement's copy was erased"),
    "settlement-refused": Outcome(5, 409, "The settlement does not allow it"),
    "refused": Outcome(5, 409, "Refused"),
    "enrolment-refused": Outcome(5, 409, "The enrolment was refused"),
    "cohort-already-sealed": Outcome(5, 409, "The batch is sealed"),
    "programme-mismatch": Outcome(5, 409, "Contract and programme do not fit"),
    "amendment-refused": Outcome(5, 409, "The version changes what it may not"),
    "acceptance-refused": Outcome(3, 422, "The acceptance was not taken in"),
    "acceptance-missing": Outcome(5, 409, "Not every party has accepted"),
    "acceptances-corrupt": Outcome(9, 500, "The acceptances do not hold"),
    "countersignatures-corrupt": Outcome(9, 500, "The countersignatures do not hold"),
    "aggregate-refused": Outcome(3, 422, "The figure was not taken"),
    "aggregate-missing": Outcome(5, 409, "A declared figure is missing"),
    "not-yet-known": Outcome(5, 409, "The instant has not come yet"),
    "nothing-complete": Outcome(5, 409, "The source can know no week that is needed yet"),
    "folder-empty": Outcome(11, 503, "No whole file lies in the folder"),
    "source-rests": Outcome(11, 503, "The source is left alone for a while"),
    "run-overtaken": Outcome(5, 409, "Another command has finished this pull"),
    "simulation-refused": Outcome(5, 409, "The draft cannot be tried on this cohort"),
    "adoption-refused": Outcome(5, 409, "The contract was not adopted"),
    "workbook-refused": Outcome(3, 422, "The workbook cannot be compared"),
    "file-overlaps": Outcome(5, 409, "The file replaces only a part"),
    "client-key-refused": Outcome(5, 409, "The key is not the client's own"),
    "window-out-of-order": Outcome(5, 409, "An earlier window comes first"),
    "revision-unknown": Outcome(4, 404, "No such revision"),
    "nothing-to-correct": Outcome(5, 409, "Nothing differs"),
    "release-interrupted": Outcome(5, 409, "A release is unfinished"),
    "sources-incomplete": Outcome(5, 409, "The sources are not complete"),
    "policies-error": Outcome(8, 500, "The policy cannot be used"),
    "policy-set-invalid": Outcome(8, 500, "The policy set cannot be used"),
    "disclosure-invalid": Outcome(8, 500, "Disclosure control does not apply"),
    "group-too-small": Outcome(5, 409, "The group is too small"),
    "draft-refused": Outcome(5, 409, "The draft breaks a rule"),
    "already-installed": Outcome(6, 409, "Installed already"),
    "not-installed": Outcome(6, 503, "Not installed"),
    "no-active-key": Outcome(6, 503, "No key signs"),
    "signing-key-unknown": Outcome(4, 404, "No such key"),
    "key-file-invalid": Outcome(3, 422, "The key cannot be used"),
    "transition-refused": Outcome(5, 409, "The key's state does not allow it"),
    "signer-unavailable": Outcome(6, 503, "The signer does not answer"),
    "kind-mismatch": Outcome(6, 503, "Keys of another kind of installation"),
    "unsafe-for-production": Outcome(6, 503, "Unsafe for production"),
    "unsafe-directory": Outcome(6, 409, "The folder is in use"),
    "output-unwritable": Outcome(6, 503, "The file cannot be written"),
    "cannot-listen": Outcome(6, 503, "Cannot start"),
    "unauthenticated": Outcome(7, 401, "Not authenticated"),
    "client-invalid": Outcome(3, 422, "The client's key cannot be used"),
    "policy-denied": Outcome(8, 403, "The policy does not allow it"),
    "release-unsigned": Outcome(8, 403, "Drafted, and refused since"),
    "log-corrupt": Outcome(9, 500, "The log does not add up"),
    "checkpoint-mismatch": Outcome(9, 500, "The log is another one"),
    "broken": Outcome(10, 503, "Out of order"),
    "unaudited-write": Outcome(10, 500, "Out of order"),
    "clock-went-back": Outcome(10, 503, "The clock went back"),
    "store-busy": Outcome(10, 503, "Busy"),
    "store-full": Outcome(10, 503, "No room left"),
    "store-unreachable": Outcome(10, 503, "The database does not answer"),
    "schema-outdated": Outcome(10, 503, "The database is of another version"),
    "status-list-full": Outcome(10, 503, "Out of order"),
    "signer-refused": Outcome(10, 500, "Nothing is signed without a decision"),
    "settlement-mismatch": Outcome(10, 503, "The amounts do not agree"),
    # what the verifier refuses: here it is our own bundle, checked before it is handed out (invariant 8)
    **dict.fromkeys(
        (
            "verification-failed",
            "bundle-malformed",
            "token-malformed",
            "trust-invalid",
            "signature-invalid",
            "claims-invalid",
            "sd-disclosure-invalid",
            "receipt-invalid",
            "seal-invalid",
            "status-invalid",
            "contract-mismatch",
            "acceptance-invalid",
            "audit-invalid",
        ),
        Outcome(10, 500, "The attestation does not verify"),
    ),
}


def outcome(error: BaseException) -> Outcome | None:
    """How this error shows outside, or None for an error that is not in any of our trees."""
    code = getattr(type(error), "code", None)
    return _OUTCOMES.get(code) if isinstance(code, str) else None


def known_codes() -> frozenset[str]:
    """Every code that has its place in the table."""
    return frozenset(_OUTCOMES)
