"""Everything that policies refuse, as one tree, and the file that they read.

DeclarationInvalid (vocabulary.errors)
└── ProgrammeInvalid    programme-invalid     a programme file says something that is not understood

PoliciesError (vocabulary.errors.ProductError)
├── PolicySetInvalid    policy-set-invalid    the Cedar text, schema or manifest cannot be trusted
├── DisclosureInvalid   disclosure-invalid    parameters or counts that no disclosure rule is defined for
├── WordNotValid        word-not-valid        a paper of a day for which the programme has no word
├── GroupTooSmall       group-too-small       a group of people below k_cohort, whose sums would tell on them
└── PolicyDenied        policy-denied         a request was judged, and refused
"""

from __future__ import annotations

from datetime import date

from policies.decision import Decision
from vocabulary.errors import DeclarationInvalid, ProductError


class PoliciesError(ProductError):
    """The root: a refusal by this room. `code` is stable; the message names no person."""

    code = "policies-error"


class ProgrammeInvalid(DeclarationInvalid):
    """A programme file is refused; says file, line and key, and by which stable `rule`: the key's, or a named one."""

    code = "programme-invalid"
    advice = "correct the programme file and load it again"


class PolicySetInvalid(PoliciesError):
    """The policy set is refused at load; says which file or rule, and what is wrong with it."""

    code = "policy-set-invalid"

    def __init__(self, *, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}. No decision is made with this policy set.")
        self.where, self.reason = where, reason


class DisclosureInvalid(PoliciesError):
    """A parameter is outside its range, or counts do not add up."""

    code = "disclosure-invalid"


class WordNotValid(PoliciesError):
    """A paper needs a word of the programme on a day that none covers; nothing was written."""

    code = "word-not-valid"

    def __init__(self, *, file: str, key: str, day: date) -> None:
        super().__init__(
            f"{file} has no word for {key} on {day}, so that nobody can say what a paper of that day calls it. "
            "Declare it under [[words]] with its days and its source, and have the change approved."
        )
        self.file, self.key, self.day = file, key, day


class GroupTooSmall(PoliciesError):
    """A group has fewer people than k_cohort; the message does not say how many."""

    code = "group-too-small"

    def __init__(self, *, k_cohort: int) -> None:
        super().__init__(
            f"fewer than {k_cohort} people match, so no figure of theirs is given; widen the selection or leave it."
        )


class PolicyDenied(PoliciesError):
    """The request was refused; `decision` says by which rules and on which facts."""

    code = "policy-denied"

    def __init__(self, decision: Decision) -> None:
        super().__init__(
            f"{decision.action} for {decision.principal} in programme {decision.programme} is refused by "
            f"{', '.join(decision.rule_ids)}: {decision.reason_en} See policies/READABLE.md."
        )
        self.decision = decision
