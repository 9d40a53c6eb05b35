"""IMPACT60 with one state, a week off benefits, and no register of income."""

from __future__ import annotations

from tests.support.histories import EXAMPLES
from tests.support.municipality import SMALL_CONTRACT
from tests.support.simulated import Edit
from tests.support.without_income import state_table

_STATE = """[[states]]
id = "off"
label = { da = "selvforsørgelse", en = "off benefits" }
off_benefit = true

"""
OFF_BENEFIT: tuple[Edit, ...] = (
    ('income = "income"\n', ""),
    (state_table("ordinary_job"), _STATE),
    *((state_table(name), "") for name in ("fleksjob", "skaanejob", "education", "partial_job")),
    ('["ordinary_job", "fleksjob", "skaanejob", "education"]', '["off"]'),
    ('["ordinary_job", "fleksjob", "skaanejob", "education", "partial_job"]', '["off"]'),
    ('    "states.ordinary_job.hours_per_week_hundredths",\n', ""),
    ('    "states.partial_job.hours_per_week_hundredths",\n', ""),
)
SMALL_OFF_BENEFIT = SMALL_CONTRACT + OFF_BENEFIT


def off_benefit_text(*edits: Edit) -> str:
    """The text of it, with further texts replaced."""
    text = (EXAMPLES / "contracts" / "impact60.toml").read_text(encoding="utf-8")
    for old, new in (*SMALL_OFF_BENEFIT, *edits):
        if old not in text:
            raise ValueError(f"{old!r} does not stand in impact60.toml")
        text = text.replace(old, new)
    return text
