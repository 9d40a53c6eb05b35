"""What a register can show of a person's time and pay: closed sets."""

from __future__ import annotations

from enum import StrEnum


class WordEnum(StrEnum):
    """A closed set whose members are looked up for every week of every person: they hash as fast as their texts."""

    __hash__ = str.__hash__


class Status(WordEnum):
    """What a register says about one person in one week (Danish: *ydelse*). Code lists map codes to these."""

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
