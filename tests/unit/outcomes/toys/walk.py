"""Walks a contract text from standard input to the payments of four windows; prints what is said of it as JSON.

Run inside a scratch copy of the product. Nothing here knows a kind.
"""

from __future__ import annotations

import json
import sys
from datetime import date

from gateway.documents.annexes.measurement import counts
from gateway.documents.annexes.payment import annex_b, pays
from gateway.documents.contract_page import Language, page
from gateway.outcomes.best_seen import best_seen
from gateway.outcomes.bounds import ranges
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.explain import Rules, explain_person
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.lint import lint
from gateway.outcomes.tariff import due_lines
from gateway.outcomes.varied import terms
from gateway.wording.annex_voice import goals
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

FIRST = Week.parse("2020-W01")


def person(number: int, weeks: int) -> PersonHistory:
    """Somebody with so many weeks of fleksjob from the enrolment on, and none after them."""
    ref = SubjectRef(f"{number:032x}")
    spell = StatusSpell(ref, Status.FLEKSJOB, "771", FIRST, FIRST + (weeks - 1))
    return PersonHistory.build(subject=ref.value, enrolled_on=date(2019, 12, 30), spells=[spell], postings=[])


def main() -> None:
    text = sys.stdin.buffer.read()
    contract = load_contract(text, file="toy.toml")
    cohort = [person(number, weeks) for number, weeks in enumerate((10, 20, 30), start=1)]
    documented: dict[str, tuple[int, int]] = {}
    series, payments = [], []
    for window in contract.windows:
        series.append(evaluate(contract, cohort, window.to_week).figures(contract, {}))
        lines = due_lines(contract, series=series, documented=documented)
        payments.append([(line.tariff, line.unit, line.quantity, line.amount_minor) for line in lines])
        for line in lines:
            quantity, amount = documented.get(line.tariff, (0, 0))
            documented[line.tariff] = (quantity + line.quantity, amount + line.amount_minor)
    said = {
        "payments": payments,
        "pages": [page(contract, language) for language in Language],
        "counts": [counts(contract, measure) for measure in contract.measures],
        "pays": [pays(contract, tariff) for tariff in contract.tariffs],
        "examples": [repr(block) for block in annex_b(contract)],
        "goals": goals(contract),
        "lint": [str(finding) for finding in lint(contract, {})],
        "ranges": [(bound.least.minor, bound.most.minor) for bound in ranges(contract)],
        "best_seen": best_seen(contract),
        "terms": [term.name for term in terms(contract)],
        "explained": explain_person(Rules(contract, text.decode()), cohort[1], contract.windows[-1].to_week)[
            0
        ].quantity,
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
