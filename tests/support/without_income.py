"""IMPACT60 without a register of income: fleksjob, skånejob and education are weeks of the status register alone."""

from __future__ import annotations

from tests.support.histories import EXAMPLES
from tests.support.municipality import SMALL_CONTRACT
from tests.support.simulated import Edit


def state_table(name: str) -> str:
    """The table of a state of IMPACT60, as it stands in the file."""
    text = (EXAMPLES / "contracts" / "impact60.toml").read_text(encoding="utf-8")
    start = text.index(f'[[states]]\nid = "{name}"')
    return text[start : text.index("\n[[", start) + 1]


NO_INCOME: tuple[Edit, ...] = (
    ('income = "income"\n', ""),
    (state_table("ordinary_job"), ""),
    (state_table("partial_job"), ""),
    ('["ordinary_job", "fleksjob", "skaanejob", "education"]', '["fleksjob", "skaanejob", "education"]'),
    (
        '["ordinary_job", "fleksjob", "skaanejob", "education", "partial_job"]',
        '["fleksjob", "skaanejob", "education"]',
    ),
    ('    "states.ordinary_job.hours_per_week_hundredths",\n', ""),
    ('    "states.partial_job.hours_per_week_hundredths",\n', ""),
    ('missing_month = "no_hours"', "# no month is asked for: missing_month"),
)
SMALL_WITHOUT_INCOME = SMALL_CONTRACT + NO_INCOME
PROGRAMME_WITHOUT_INCOME: tuple[Edit, ...] = (('sources = ["dream", "income"]', 'sources = ["dream"]'),)
