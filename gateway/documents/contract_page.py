"""A contract as one page that a lawyer can read, in Danish and in English: a sentence for each term, beside the digest.

Pure: the same file gives the same text. What the page says is generated from the terms, so it can leave nothing out
that pays; the digest says which text it speaks of, and that text is what binds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.outcomes.blocks import shown_with
from gateway.outcomes.contract import Contract, Measure, Tariff
from gateway.outcomes.measures_file import ANY_STATUS
from gateway.outcomes.off_benefit import BENEFITS
from gateway.outcomes.phrases import NumberList, PeriodWord, Reached, ReachedList, ScaleWords, StatePrices
from gateway.outcomes.status_words import StatusWord, labels_of
from gateway.outcomes.terms import ExitRule, FigureUnit, Gate, Index, RegisterExit, WeekState
from gateway.wording import formats
from gateway.wording.contract import EXITS, HEADINGS, LINES, MISTAKES, PERIODS, RULES, TEMPLATES, UNITS, WORD_CATEGORIES
from gateway.wording.kind_words import KindSentence, Voice
from gateway.wording.measures import MEASURE_WORDS
from gateway.wording.parties import delivers_itself, names_in
from gateway.wording.register import status_label
from gateway.wording.tariffs import TARIFF_WORDS, unit_words
from gateway.wording.version_words import early_end, end_rights, successors
from policies.basis import StopReason
from vocabulary.statuses import Status
from vocabulary.total import total
from vocabulary.weeks import Month


class Language(StrEnum):
    """What the page is written in."""

    DANISH = "da"
    ENGLISH = "en"


_NOTATION = total({Language.DANISH: formats.DANISH, Language.ENGLISH: formats.ENGLISH}, Language)
_UNDIVIDED = total({Language.DANISH: formats.DANISH_UNDIVIDED, Language.ENGLISH: formats.UNDIVIDED}, Language)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its sentences."""

    title: str
    lines: tuple[str, ...]


def sections(contract: Contract, language: Language) -> list[Section]:
    """Everything that the parties sign, in the order in which it is read."""
    page = _Page(contract, language)
    parts: tuple[tuple[str, Callable[[], list[str]]], ...] = (
        ("parties", page.parties),
        ("people", page.people),
        ("counts", page.counts),
        ("declared", page.declared_figures),
        ("pays", page.pays),
        ("exits", page.exits),
        ("time", page.time),
        ("shown", page.shown_windows),
        ("illustrative", page.illustrative),
    )
    made = [Section(HEADINGS[name][language], tuple(write())) for name, write in parts]
    return [section for section in made if section.lines]


def page(contract: Contract, language: Language) -> str:
    """The page as text."""
    head = LINES["head"][language].format(
        title=contract.title, version=contract.version, day=contract.effective_from.isoformat()
    )
    parts = [f"{head}\nsha256 {contract.sha256}"]
    parts += [
        "\n".join([section.title.upper(), *(f"- {line}" for line in section.lines)])
        for section in sections(contract, language)
    ]
    return "\n\n".join(parts) + "\n"


def money(minor: int, currency: str, language: Language) -> str:
    """`150000` as `1.500,00 DKK` in Danish and `DKK 1,500.00` in English."""
    amount = formats.amount(minor, currency, _NOTATION[language])
    return f"{amount} {currency}" if language is Language.DANISH else f"{currency} {amount}"


@dataclass(frozen=True, slots=True)
class PageVoice(Voice):
    """How the page writes what a contract's terms say, in one of its languages."""

    contract: Contract
    language: Language

    def _line(self, line: str, **values: object) -> str:
        return LINES[line][self.language].format(**values)

    def sentence(self, words: KindSentence) -> str:
        return words.page[self.language]

    def number(self, value: int) -> str:
        return str(value)

    def numbers(self, value: NumberList) -> str:
        return formats.enumeration([str(one) for one in value.numbers], self._line("and"))

    def money(self, minor: int) -> str:
        return money(minor, self.contract.currency, self.language)

    def hours(self, hundredths: int) -> str:
        return formats.short_decimal(hundredths, _UNDIVIDED[self.language])

    def share(self, per_mille: int) -> str:
        """`75` as `7,5 %` in Danish and `7.5 %` in English."""
        return formats.per_cent(per_mille, _UNDIVIDED[self.language])

    def period(self, word: PeriodWord) -> str:
        return PERIODS[word][self.language]

    def index(self, index: Index) -> str:
        values = ", ".join(f"{year} {self.money(value)}" for year, value in sorted(index.values.items()))
        begins = "" if index.first_month == 1 else self._line("years_from", month=index.first_month)
        return f"{index.id} ({index.source}; {values}{begins})"

    def prices(self, value: StatePrices) -> str:
        return ", ".join(f"{state} {self.money(minor)}" for state, minor in value.prices.items())

    def points(self, value: ScaleWords) -> str:
        unit = self.contract.unit_of(value.of)
        rows = [f"{self._figure(point.at, unit)}: {self.money(point.amount_minor)}" for point in value.points]
        return "; ".join(rows)

    def threshold(self, value: Reached) -> str:
        return f"{value.of} ≥ {self._figure(value.at_least, self.contract.unit_of(value.of))}"

    def thresholds(self, value: ReachedList) -> str:
        return "; ".join(self.threshold(figure) for figure in value.figures)

    def _figure(self, value: int, unit: FigureUnit) -> str:
        if unit is FigureUnit.MINOR:
            return self.money(value)
        if unit is FigureUnit.PER_MILLE:
            return self.share(value)
        return f"{value} {UNITS[unit][self.language]}"


@dataclass(frozen=True, slots=True)
class _Page:
    contract: Contract
    language: Language

    def _say(self, line: str, **values: object) -> str:
        return LINES[line][self.language].format(**values)

    @property
    def _voice(self) -> PageVoice:
        return PageVoice(self.contract, self.language)

    def _money(self, minor: int) -> str:
        return self._voice.money(minor)

    def parties(self) -> list[str]:
        payer = self.contract.party("outcome_payer")
        found = [self._say("payer", name=payer.name, code=payer.municipality_code or payer.country)]
        further = "further_repayer" if delivers_itself(self.contract) else "further_payer"
        found += [self._say(further, name=other.name) for other in self.contract.payers[1:]]
        if len(self.contract.payers) > 1:
            parts = sum(self.contract.share_parts)
            shares = ", ".join(f"{one.name} {one.share_parts}/{parts}" for one in self.contract.payers)
            found.append(self._say("shares", shares=shares) if parts else self._say("no_shares"))
        others = [party for party in self.contract.parties if party.role != "outcome_payer"]
        found += [
            self._say("office" if party.unit else party.role, name=party.name, unit=party.unit) for party in others
        ]
        found += successors(self.contract, self.language)
        if delivers_itself(self.contract):
            found.append(self._say("delivers_itself", name=payer.name))
        investors = self.contract.parties_as("investor")
        if len(investors) > 1:
            parts = sum(one.share_parts for one in investors)
            shares = ", ".join(f"{one.name} {one.share_parts}/{parts}" for one in investors)
            found.append(self._say("investor_shares", shares=shares))
        return found

    def people(self) -> list[str]:
        cohort = self.contract.cohort
        batches = ", ".join(f"{batch.id} ({batch.size})" for batch in cohort.batches)
        closed = ", ".join(f"{batch.id} ({batch.cut_off})" for batch in cohort.batches if batch.cut_off)
        return [
            self._say("cohort", size=cohort.size, first=cohort.enrolment_from, last=cohort.enrolment_to),
            *([self._mistakes()] if cohort.mistaken else []),
            self._say("batches", batches=batches),
            *([self._say("batches_in_turn")] if len(cohort.batches) > 1 else []),
            *([self._say("cut_offs", batches=closed)] if closed else []),
            *([self._referral_plan()] if cohort.planned else []),
            self._say("double_refused"),
        ]

    def _mistakes(self) -> str:
        cohort = self.contract.cohort
        reasons = "; ".join(f"{MISTAKES[one.reason][self.language]}: {one.people}" for one in cohort.mistaken)
        return self._say("mistaken", people=cohort.mistaken_people, reasons=reasons)

    def _referral_plan(self) -> str:
        cohort = self.contract.cohort
        first, people = Month.of(cohort.enrolment_from), ", ".join(map(str, cohort.planned))
        return self._say("planned", first=first, people=people, behind=cohort.behind_per_cent)

    def counts(self) -> list[str]:
        if not self.contract.measures:
            return [self._say("nobody_counted")]
        rules = self.contract.qualification
        found = [self._say("sources", sources=", ".join(dict.fromkeys(self.contract.sources)))]
        if self.contract.follows:
            found.append(self._say("read_from", day=self.contract.effective_from))
        if len(self.contract.status_sources) > 1:
            found.append(self._say("precedence", sources=", ".join(self.contract.status_sources)))
        if self.contract.evidence:
            found.append(self._say("evidence", kinds=self._or(sorted(self.contract.evidence))))
        found.append(self._say("first_week" if rules.first_week_is_enrolment_week else "week_after"))
        if self.contract.income_source:
            found.append(self._say("carried" if rules.carries_missing_month_forward else "no_hours"))
        found.append(self._say("codes_block" if self.contract.unknown_codes_block else "codes_report"))
        if rules.neutral_statuses:
            found.append(self._say("neutral", statuses=", ".join(self._status_words(rules.neutral_statuses))))
        found += [self._word(one) for one in self.contract.status_words]
        found += [self._state(number) for number in range(len(self.contract.states))]
        found += [self._measure(measure) for measure in self.contract.measures]
        return found

    def _state(self, number: int) -> str:
        state = self.contract.states[number]
        if state.is_off_benefit:
            benefits = ", ".join(self._status_words(BENEFITS - state.statuses))
            return self._say("state_off_benefit", id=state.id, label=self._label(state), benefits=benefits)
        shown = (
            LINES["any_status"][self.language]
            if state.statuses == ANY_STATUS
            else self._or(self._status_words(state.statuses))
        )
        text = self._say("state", id=state.id, label=self._label(state), statuses=shown)
        if state.income_types:
            hours = self._voice.hours(state.hours_per_week_hundredths)
            key = "state_hours" if state.hours_per_week_hundredths else "state_income"
            text += self._say(key, types=", ".join(sorted(state.income_types)), hours=hours)
        return text

    def _status_words(self, statuses: Iterable[Status]) -> list[str]:
        """What a register shows: in Danish words, else as in the file; the contract's own words by their labels."""
        is_danish = self.language is Language.DANISH
        own = labels_of(self.contract.status_words, danish=is_danish)
        return sorted(own.get(one) or (status_label(one) if is_danish else one.value) for one in statuses)

    def _word(self, word: StatusWord) -> str:
        label = word.label_da if self.language is Language.DANISH else word.label_en
        category = WORD_CATEGORIES[word.category][self.language]
        key = "word_by_class" if word.in_breakdown else "word_never_by_class"
        return self._say(key, id=word.id, label=label, source=word.source, category=category)

    def _label(self, state: WeekState) -> str:
        return state.label_da if self.language is Language.DANISH else state.label_en

    def _or(self, words: Sequence[str]) -> str:
        *first, last = words
        return f"{', '.join(first)}{LINES['or'][self.language]}{last}" if first else last

    def _measure(self, measure: Measure) -> str:
        states = self._or([self._label(state) for state in measure.states]) if measure.states else ""
        text = self._voice.say(MEASURE_WORDS[measure.kind], measure.phrase(), {"states": states})
        text = f"{measure.id}: {text}"
        if measure.days_limit:
            text += self._say("within_days", days=measure.days_limit)
        if measure.goal_people:
            text += self._say(
                "aim" if delivers_itself(self.contract) else "goal",
                people=measure.goal_people,
                size=self.contract.cohort.size,
            )
        if measure.instead_of or measure.beside:
            word, others = ("beside", measure.beside) if measure.beside else ("instead_of", (measure.instead_of,))
            text += self._say(word, other=", ".join(others))
        return text

    def declared_figures(self) -> list[str]:
        return [
            self._say(
                "aggregate",
                id=one.id,
                unit=UNITS[one.unit][self.language],
                name=one.evaluator.name,
                key=one.evaluator.key,
                method=one.method,
                source=one.source,
                windows=", ".join(one.windows),
            )
            for one in self.contract.aggregates
        ]

    def pays(self) -> list[str]:
        found = [self._tariff(tariff) for tariff in self.contract.tariffs]
        caps = self.contract.caps
        if caps.person_minor:
            found.append(self._say("cap_person", amount=self._money(caps.person_minor)))
        if caps.person_excess:
            found.append(self._say("cap_excess", of=caps.person_excess))
        if caps.contract_minor:
            found.append(self._say("cap_contract", amount=self._money(caps.contract_minor)))
        for word, is_said in (("person", caps.person_pays_cut), ("contract", caps.pays_cut)):
            if is_said:
                found.append(self._say(f"cap_{word}_pays_cut"))
        if caps.capital_minor:
            share = self._voice.share(caps.return_per_mille_a_year)
            values = {"capital": self._money(caps.capital_minor), "share": share, "years": caps.return_years}
            found.append(self._say("cap_return", **values, most=self._money(caps.most_minor)))
        minor = formats.smallest_amount(self.contract.currency, _NOTATION[self.language])
        found.append(self._say(f"rounding_{self.contract.rounding}", minor=minor))
        return found

    def _tariff(self, tariff: Tariff) -> str:
        is_danish = self.language is Language.DANISH
        unit = unit_words(UNITS[tariff.unit(self.contract)][self.language], is_danish=is_danish)
        words = TARIFF_WORDS[tariff.kind]
        text = "".join(self._voice.say(words, phrase, unit) for phrase in tariff.phrases())
        return f"{tariff.id}: {text}{self._by_payer(tariff)}{self._limits(tariff, tariff.gate)}"

    def _by_payer(self, tariff: Tariff) -> str:
        """What each payer owes of a price that says so."""
        if not tariff.payer_prices:
            return ""
        pairs = zip(self.contract.payers, tariff.payer_prices, strict=True)
        return self._say("by_payer", prices=", ".join(f"{one.name} {self._money(price)}" for one, price in pairs))

    def _limits(self, tariff: Tariff, gate: Gate | None) -> str:
        text = self._say("gate", figure=self._voice.threshold(Reached(gate.of, gate.at_least))) if gate else ""
        if tariff.cap_window_minor:
            key = "cap_carried" if tariff.carries_excess else "cap_lost"
            text += self._say(key, amount=self._money(tariff.cap_window_minor))
        text += self._say("cap", amount=self._money(tariff.cap_minor)) if tariff.cap_minor else ""
        return text + (self._say("cap_pays_cut") if tariff.pays_cut else "")

    def exits(self) -> list[str]:
        if not self.contract.measures:
            return []
        rules: list[tuple[StopReason | RegisterExit, ExitRule]] = [
            *self.contract.exits.items(),
            *self.contract.register_exits.items(),
        ]
        found = []
        for rule, words in RULES.items():
            exits = [EXITS[exit_][self.language] for exit_, given in rules if given is rule]
            if exits:
                found.append(f"{', '.join(exits)}: {words[self.language]}")
        return found

    def time(self) -> list[str]:
        windows = self.contract.windows
        found = [self._say("window", label=one.label, first=one.from_week, last=one.to_week) for one in windows]
        found += [self._say("pause", first=one.from_week, last=one.to_week) for one in self.contract.pauses]
        found.append(self._say("freeze", days=self.contract.freeze_days))
        found += end_rights(self.contract, self.language)
        return [*found, *early_end(self.contract, self.language)]

    def shown_windows(self) -> list[str]:
        grouped: dict[tuple[str, str], list[str]] = {}
        for release in self.contract.releases:
            grouped.setdefault((release.template, release.recipient), []).append(release.window)
        found = [
            self._say(
                "release",
                what=TEMPLATES[template][self.language],
                name=names_in(self.contract, recipient, self._say("and")),
                windows=self._windows(labels),
            )
            for (template, recipient), labels in grouped.items()
        ]
        found += [self._say("statement", window=one.window) for one in self.contract.statements]
        if self.contract.breakdown:
            found.append(self._say("breakdown", of=self.contract.breakdown, window=self.contract.breakdown_window))
        if self.contract.reasons_window:
            found.append(self._say("reasons", window=self.contract.reasons_window))
        if self.contract.fold.at_most:
            found.append(self._say("blocks", k_cohort=self.contract.k_cohort, windows=self.contract.fold.at_most))
            if self.contract.fold.cost is not None:
                found.append(self._say("wait", bearer=self.contract.party(self.contract.fold.cost.role).name))
            together = [(one.label, shown_with(self.contract, one.label)) for one in self.contract.windows]
            found += [self._say("in_block", window=label, later=later) for label, later in together if later]
        return [*found, self._say("least", k=self.contract.k, k_cohort=self.contract.k_cohort)]

    def _windows(self, labels: Sequence[str]) -> str:
        every = len(labels) == len(self.contract.windows)
        return self._say("every_window") if every else ", ".join(labels)

    def illustrative(self) -> list[str]:
        marked = ", ".join(self.contract.illustrative)
        return [self._say("marked", keys=marked)] if marked else []
