"""`python -m policies.readable`: write READABLE.md, the rule book in Danish and English.

Everything in it is taken from the Cedar files: number, titles, law and the condition as it is judged. A test
fails when the file does not match them.
"""

from __future__ import annotations

from pathlib import Path

from policies.engine import CEDAR_DIRECTORY
from policies.ruleset import Rule, RuleSet, load_ruleset
from policies.terms import Action
from vocabulary.total import total

READABLE = Path(__file__).parent / "READABLE.md"

_HEAD = """\
# Regler for adgang og videregivelse · Rules for access and release

Skrevet ud fra Cedar-filerne med `python -m policies.readable`; ret ikke her.
Generated from the Cedar files with `python -m policies.readable`; do not edit here.

Intet er tilladt, medmindre en bevilling i programfilen giver lov. En bevilling hjælper ikke, når en regel
nedenfor ikke er opfyldt. Kan motoren ikke svare, er svaret nej.

Nothing is allowed unless a grant in the programme file permits it. A grant does not help where a rule below
does not hold. Where the engine cannot answer, the answer is no.
"""

_ACTIONS_DA = total(
    {
        Action.ENROL: "indskrive personer",
        Action.PULL_SOURCE: "læse en kilde",
        Action.REGISTER_EVIDENCE: "registrere et dokument",
        Action.EVALUATE: "evaluere resultater",
        Action.RELEASE_TOTAL: "videregive totaler",
        Action.RELEASE_PREDICATE: "oplyse opfyldt eller ikke opfyldt",
        Action.RELEASE_PAYMENT: "videregive betalingsbilag",
        Action.RELEASE_INDIVIDUAL: "oplyse om enkelte personer",
        Action.READ_LOG: "læse adgangsloggen",
        Action.REGISTER_RIGHT: "registrere en rettighed",
        Action.READ_PERSON: "besvare en anmodning om indsigt",
        Action.DECIDE_RIGHT: "afgøre en anmodning",
        Action.ADVISE: "rådgive og sætte i bero",
        Action.CHANGE_POLICY: "ændre reglerne",
        Action.READ_SETTLEMENT: "læse en afregning",
        Action.ACKNOWLEDGE: "godkende eller bestride et resultat",
        Action.REQUEST_PAYMENT: "kræve betaling",
        Action.APPROVE_PAYMENT: "attestere en betaling",
        Action.AUDIT: "udtrække og bedømme en stikprøve",
        Action.AUDIT_ROWS: "få vist udtrukne personers rækker",
        Action.TRY_CONTRACT: "prøve et kontraktudkast",
    },
    Action,
)


def readable(rules: RuleSet) -> str:
    """The rule book as Markdown: a table of which rule guards what, then each rule."""
    forbids = [rule for rule in rules.rules.values() if rule.effect == "forbid"]
    permits = [rule for rule in rules.rules.values() if rule.effect == "permit"]
    parts = [
        _HEAD,
        f"Regelsæt · Policy set `{rules.sha256}`\n",
        "## Hvilke regler gælder · Which rules apply\n",
    ]
    parts += ["| handling · action | regler · rules |", "|---|---|"]
    for action in Action:
        numbers = ", ".join(rule.id.split("-")[0] for rule in forbids if action in rule.actions)
        parts.append(f"| {_ACTIONS_DA[action]} · `{action}` | {numbers} |")
    parts.append("\n## Regler · Rules\n")
    parts += [_section(rule) for rule in forbids]
    parts.append("## Bevillinger · Grants\n")
    parts += ["| id | dansk | English | GDPR |", "|---|---|---|---|"]
    parts += [f"| `{rule.id}` | {rule.title_da} | {rule.title_en} | {rule.gdpr} |" for rule in permits]
    return "\n".join(parts) + "\n"


def _section(rule: Rule) -> str:
    law = " · ".join(part for part in (f"GDPR {rule.gdpr}" if rule.gdpr else "", rule.law) if part)
    if len(rule.actions) == len(Action):
        actions = "alle handlinger · every action"
    else:
        actions = ", ".join(f"`{action}`" for action in Action if action in rule.actions)
    return (
        f"### {rule.id}\n\n{rule.title_da}\n\n{rule.title_en}\n\n- {law}\n- {actions}\n\n"
        f"```cedar\n{rule.condition}\n```\n"
    )


def main() -> None:
    READABLE.write_text(readable(load_ruleset(CEDAR_DIRECTORY)), "utf-8")


if __name__ == "__main__":
    main()
