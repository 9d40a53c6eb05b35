"""How every error shows outside: an exit code on the command line, a status and a title over HTTP."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorOutcome:
    """How an error shows outside: an exit code on the command line, a status and title over HTTP."""

    exit_code: int
    status: int
    title: str


_OUTCOMES: dict[str, ErrorOutcome] = {
    "gateway-error": ErrorOutcome(1, 500, "Internal error"),
    "product-error": ErrorOutcome(1, 500, "Internal error"),
    "text-invalid": ErrorOutcome(3, 422, "The text cannot be used"),
    "declaration-invalid": ErrorOutcome(3, 422, "The file cannot be understood"),
    "connector-error": ErrorOutcome(3, 422, "The file cannot be used"),
    "file-unreadable": ErrorOutcome(3, 422, "The file cannot be read"),
    "header-mismatch": ErrorOutcome(3, 422, "The file's header is another one"),
    "file-truncated": ErrorOutcome(3, 422, "The file is cut off"),
    "file-not-needed": ErrorOutcome(3, 422, "The file is not needed"),
    "file-name-mismatch": ErrorOutcome(3, 422, "The file's name is another one"),
    "rows-not-shown": ErrorOutcome(5, 409, "Rows are shown on a terminal alone"),
    "file-changed": ErrorOutcome(3, 422, "The file changed while it was read"),
    "secret-missing": ErrorOutcome(6, 503, "A secret is missing"),
    "source-error": ErrorOutcome(11, 502, "The source did not answer as it should"),
    "source-unavailable": ErrorOutcome(11, 503, "The source cannot be reached"),
    "source-refused": ErrorOutcome(11, 502, "The source refused"),
    "source-malformed": ErrorOutcome(11, 502, "The source's answer cannot be used"),
    "list-moved": ErrorOutcome(11, 502, "The source's list moves while it is read"),
    "schema-changed": ErrorOutcome(11, 502, "The source's columns are other ones"),
    "answer-for-another": ErrorOutcome(11, 502, "The source answered about somebody else"),
    "request-unsafe": ErrorOutcome(5, 409, "The request was not sent"),
    "number-taken": ErrorOutcome(5, 409, "The number is another subject's"),
    "programme-invalid": ErrorOutcome(3, 422, "The programme cannot be understood"),
    "word-not-valid": ErrorOutcome(5, 409, "The programme has no word for that day"),
    "keys-error": ErrorOutcome(6, 503, "The key store cannot be used"),
    "invalid-cpr": ErrorOutcome(3, 422, "Not a CPR number"),
    "key-store-locked": ErrorOutcome(6, 503, "The key store is locked"),
    "key-store-unsafe": ErrorOutcome(6, 503, "The key store is open to others"),
    "key-unknown": ErrorOutcome(6, 503, "A key is missing"),
    "vault-corrupt": ErrorOutcome(10, 503, "The vault does not open"),
    "not-found": ErrorOutcome(4, 404, "Not found"),
    "contract-unknown": ErrorOutcome(4, 404, "No such contract"),
    "window-unknown": ErrorOutcome(4, 404, "No such window"),
    "source-unknown": ErrorOutcome(4, 404, "No such source"),
    "organisation-unknown": ErrorOutcome(4, 404, "No such organisation"),
    "client-unknown": ErrorOutcome(4, 404, "No such client"),
    "proposal-unknown": ErrorOutcome(4, 404, "No such proposal"),
    "person-unknown": ErrorOutcome(4, 404, "Nobody found"),
    "sample-unknown": ErrorOutcome(4, 404, "No such sample"),
    "audit-refused": ErrorOutcome(5, 409, "The audit does not allow it"),
    "countersignature-refused": ErrorOutcome(3, 422, "The countersignature was not taken"),
    "request-unknown": ErrorOutcome(4, 404, "No such request"),
    "record-unknown": ErrorOutcome(4, 404, "No such record"),
    "advice-unknown": ErrorOutcome(4, 404, "No such advice"),
    "bill-unknown": ErrorOutcome(4, 404, "No such invoice"),
    "dispute-unknown": ErrorOutcome(4, 404, "No such dispute"),
    "decision-unknown": ErrorOutcome(4, 404, "No such decision"),
    "change-needs-approval": ErrorOutcome(5, 409, "A second person must approve"),
    "evidence-unknown": ErrorOutcome(4, 404, "No such evidence"),
    "evidence-refused": ErrorOutcome(5, 409, "The evidence was not registered"),
    "record-refused": ErrorOutcome(5, 409, "The record was not made"),
    "request-refused": ErrorOutcome(5, 409, "The request was refused"),
    "statement-emptied": ErrorOutcome(5, 409, "The statement's copy was erased"),
    "settlement-refused": ErrorOutcome(5, 409, "The settlement does not allow it"),
    "refused": ErrorOutcome(5, 409, "Refused"),
    "enrolment-refused": ErrorOutcome(5, 409, "The enrolment was refused"),
    "cohort-already-sealed": ErrorOutcome(5, 409, "The batch is sealed"),
    "nobody-left": ErrorOutcome(5, 409, "Nobody would be left"),
    "rescue-refused": ErrorOutcome(5, 409, "The way back is closed"),
    "programme-mismatch": ErrorOutcome(5, 409, "Contract and programme do not fit"),
    "contract-not-evaluable": ErrorOutcome(5, 409, "The contract's terms lack something"),
    "amendment-refused": ErrorOutcome(5, 409, "The version changes what it may not"),
    "acceptance-refused": ErrorOutcome(3, 422, "The acceptance was not taken in"),
    "acceptance-missing": ErrorOutcome(5, 409, "Not every party has accepted"),
    "acceptances-corrupt": ErrorOutcome(9, 500, "The acceptances do not hold"),
    "countersignatures-corrupt": ErrorOutcome(9, 500, "The countersignatures do not hold"),
    "aggregate-refused": ErrorOutcome(3, 422, "The figure was not taken"),
    "aggregate-missing": ErrorOutcome(5, 409, "A declared figure is missing"),
    "not-yet-known": ErrorOutcome(5, 409, "The instant has not come yet"),
    "nothing-complete": ErrorOutcome(5, 409, "The source can know no week that is needed yet"),
    "folder-empty": ErrorOutcome(11, 503, "No whole file lies in the folder"),
    "source-rests": ErrorOutcome(11, 503, "The source is left alone for a while"),
    "run-overtaken": ErrorOutcome(5, 409, "Another command has finished this pull"),
    "simulation-refused": ErrorOutcome(5, 409, "The draft cannot be tried on this cohort"),
    "adoption-refused": ErrorOutcome(5, 409, "The contract was not adopted"),
    "workbook-refused": ErrorOutcome(3, 422, "The workbook cannot be compared"),
    "file-overlaps": ErrorOutcome(5, 409, "The file replaces only a part"),
    "client-key-refused": ErrorOutcome(5, 409, "The key is not the client's own"),
    "window-out-of-order": ErrorOutcome(5, 409, "An earlier window comes first"),
    "revision-unknown": ErrorOutcome(4, 404, "No such revision"),
    "nothing-to-correct": ErrorOutcome(5, 409, "Nothing differs"),
    "release-interrupted": ErrorOutcome(5, 409, "A release is unfinished"),
    "sources-incomplete": ErrorOutcome(5, 409, "The sources are not complete"),
    "policies-error": ErrorOutcome(8, 500, "The policy cannot be used"),
    "policy-set-invalid": ErrorOutcome(8, 500, "The policy set cannot be used"),
    "disclosure-invalid": ErrorOutcome(8, 500, "Disclosure control does not apply"),
    "group-too-small": ErrorOutcome(5, 409, "The group is too small"),
    "draft-refused": ErrorOutcome(5, 409, "The draft breaks a rule"),
    "already-installed": ErrorOutcome(6, 409, "Installed already"),
    "not-installed": ErrorOutcome(6, 503, "Not installed"),
    "no-active-key": ErrorOutcome(6, 503, "No key signs"),
    "signing-key-unknown": ErrorOutcome(4, 404, "No such key"),
    "key-file-invalid": ErrorOutcome(3, 422, "The key cannot be used"),
    "transition-refused": ErrorOutcome(5, 409, "The key's state does not allow it"),
    "signer-unavailable": ErrorOutcome(6, 503, "The signer does not answer"),
    "kind-mismatch": ErrorOutcome(6, 503, "Keys of another kind of installation"),
    "unsafe-for-production": ErrorOutcome(6, 503, "Unsafe for production"),
    "unsafe-directory": ErrorOutcome(6, 409, "The folder is in use"),
    "output-unwritable": ErrorOutcome(6, 503, "The file cannot be written"),
    "cannot-listen": ErrorOutcome(6, 503, "Cannot start"),
    "unauthenticated": ErrorOutcome(7, 401, "Not authenticated"),
    "client-invalid": ErrorOutcome(3, 422, "The client's key cannot be used"),
    "policy-denied": ErrorOutcome(8, 403, "The policy does not allow it"),
    "release-unsigned": ErrorOutcome(8, 403, "Drafted, and refused since"),
    "log-corrupt": ErrorOutcome(9, 500, "The log does not add up"),
    "checkpoint-mismatch": ErrorOutcome(9, 500, "The log is another one"),
    "broken": ErrorOutcome(10, 503, "Out of order"),
    "unaudited-write": ErrorOutcome(10, 500, "Out of order"),
    "clock-went-back": ErrorOutcome(10, 503, "The clock went back"),
    "store-busy": ErrorOutcome(10, 503, "Busy"),
    "store-full": ErrorOutcome(10, 503, "No room left"),
    "store-unreachable": ErrorOutcome(10, 503, "The database does not answer"),
    "schema-outdated": ErrorOutcome(10, 503, "The database is of another version"),
    "status-list-full": ErrorOutcome(10, 503, "Out of order"),
    "signer-refused": ErrorOutcome(10, 500, "Nothing is signed without a decision"),
    "settlement-mismatch": ErrorOutcome(10, 503, "The amounts do not agree"),
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
        ErrorOutcome(10, 500, "The attestation does not verify"),
    ),
}


def outcome(error: BaseException) -> ErrorOutcome | None:
    """How this error shows outside, or None for an error that is not in any of our trees."""
    code = getattr(type(error), "code", None)
    return _OUTCOMES.get(code) if isinstance(code, str) else None


def known_codes() -> frozenset[str]:
    """Every code that has its place in the table."""
    return frozenset(_OUTCOMES)
