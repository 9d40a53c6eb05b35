"""What a register may show, in Danish: one list for the annexes that parties sign and for a citizen's access report.

What is said of exits, templates and units differs on purpose, since a lawyer and a citizen read it: it stays with its
page (`annexes.words`, `rights.report_words`, `contract_words`).
"""

from __future__ import annotations

from collections.abc import Mapping

from vocabulary.statuses import IncomeType, Status
from vocabulary.total import total


def status_label(status: Status) -> str:
    """What a status is called; a word of a contract's own by its name."""
    return status.word.replace("_", " ") or STATUSES[status]


STATUSES: Mapping[Status, str] = total(
    {
        Status.NO_BENEFIT: "ingen ydelse",
        Status.UNEMPLOYED: "ledig",
        Status.BENEFIT: "anden ydelse",
        Status.ACTIVATION: "aktivering",
        Status.WAGE_SUBSIDY: "løntilskud",
        Status.REHABILITATION: "revalidering",
        Status.SICKNESS: "sygedagpenge",
        Status.PARENTAL_LEAVE: "barsel",
        Status.HOLIDAY: "feriedagpenge",
        Status.LEAVE: "orlov",
        Status.SUPPORTED_WORK: "støttet arbejde",
        Status.EDUCATION: "uddannelse",
        Status.FLEKSJOB: "fleksjob",
        Status.SKAANEJOB: "skånejob",
        Status.SELF_EMPLOYED: "selvstændig virksomhed",
        Status.WORK_ABROAD: "arbejde i udlandet",
        Status.EARLY_RETIREMENT: "efterløn",
        Status.DISABILITY_PENSION: "førtidspension",
        Status.OLD_AGE_PENSION: "folkepension",
        Status.NOT_RESIDENT: "ikke bosat her",
        Status.DEAD: "død",
        Status.UNKNOWN: "ukendt kode",
    },
    Status,
)
INCOME: Mapping[IncomeType, str] = total(
    {
        IncomeType.WAGE: "løn",
        IncomeType.EDUCATION_GRANT: "SU",
        IncomeType.GREENLAND: "løn i Grønland",
        IncomeType.OTHER: "anden A-indkomst, for eksempel dagpenge",
        IncomeType.B_INCOME: "B-indkomst",
        IncomeType.CASH_BENEFIT: "kontanthjælp",
        IncomeType.SICKNESS_PARENTAL: "syge- eller barselsdagpenge",
        IncomeType.RESEARCHER: "forskerløn",
        IncomeType.UNKNOWN: "ukendt type",
        IncomeType.UNREADABLE: "en indberetning, der ikke kan læses: månedens indkomst er ukendt",
    },
    IncomeType,
)
