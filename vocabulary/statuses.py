"""What a register can show of a person's time and pay: closed sets."""

from __future__ import annotations

import re
from enum import StrEnum

_WORD = "word:"
_DECLARED = re.compile(r"word:[a-z][a-z0-9_]{0,39}")


class WordEnum(StrEnum):
    """A closed set whose members are looked up for every week of every person: they hash as fast as their texts."""

    __hash__ = str.__hash__


class Status(WordEnum):
    """What a register says about one person in one week (Danish: *ydelse*). Code lists map codes to these, and to the
    words that a contract declares beside them."""

    NO_BENEFIT = "no_benefit"  # the register covers the week and shows no benefit: not yet a job
    UNEMPLOYED = "unemployed"  # dagpenge, kontanthjælp (job-ready), and the like
    BENEFIT = "benefit"  # other income-replacing benefits
    ACTIVATION = "activation"
    WAGE_SUBSIDY = "wage_subsidy"  # løntilskud: paid work that is still a benefit week
    REHABILITATION = "rehabilitation"  # revalidering
    SICKNESS = "sickness"  # sygedagpenge
    PARENTAL_LEAVE = "parental_leave"  # barsel
    HOLIDAY = "holiday"  # feriedagpenge
    LEAVE = "leave"  # orlov
    SUPPORTED_WORK = "supported_work"  # servicejob, voksenlærling, rotation
    EDUCATION = "education"  # SU, VEU and SVU
    FLEKSJOB = "fleksjob"
    SKAANEJOB = "skaanejob"  # løntilskud til førtidspensionister
    SELF_EMPLOYED = "self_employed"  # no register tells it: shown by a document alone
    WORK_ABROAD = "work_abroad"  # as self_employed
    EARLY_RETIREMENT = "early_retirement"  # efterløn and the like
    DISABILITY_PENSION = "disability_pension"  # førtidspension: an exit, not a success
    OLD_AGE_PENSION = "old_age_pension"  # folkepension
    NOT_RESIDENT = "not_resident"
    DEAD = "dead"
    UNKNOWN = "unknown"  # a code that no list explains: counted and reported, never guessed

    @classmethod
    def of_word(cls, name: str) -> Status:
        """The status of a word that a contract declares. It is in no closed list, and equal to itself alone."""
        return cls(f"{_WORD}{name}")

    @property
    def word(self) -> str:
        """The name of a declared word; empty for a status of the closed list."""
        return self.removeprefix(_WORD) if self.startswith(_WORD) else ""

    @classmethod
    def _missing_(cls, value: object) -> Status | None:
        if not isinstance(value, str) or not _DECLARED.fullmatch(value):
            return None
        status = str.__new__(cls, value)
        status._name_ = status._value_ = value
        return status


class IncomeType(WordEnum):
    """Income kinds of the income register (Danish: *indkomsttype*), as far as a contract may tell them apart."""

    WAGE = "wage"  # 00
    EDUCATION_GRANT = "education_grant"  # 01 SU
    GREENLAND = "greenland"  # 03
    OTHER = "other"  # 04, dagpenge among them
    B_INCOME = "b_income"  # 05
    CASH_BENEFIT = "cash_benefit"  # 06 kontanthjælp
    SICKNESS_PARENTAL = "sickness_parental"  # 07 paid by the public
    RESEARCHER = "researcher"  # 08
    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"  # no kind: a posting of this month was lost, so nothing is known of the month's income
