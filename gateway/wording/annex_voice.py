"""The register of the annexes, and that of the leaflet: Danish, for the parties and for the people who are counted."""

from __future__ import annotations

from html import escape

from gateway.outcomes.contract import Contract, Measure, Tariff
from gateway.outcomes.phrases import NumberList, PeriodWord, Reached, ReachedList, ScaleWords, StatePrices
from gateway.outcomes.terms import Index
from gateway.wording import annexes as words
from gateway.wording import formats
from gateway.wording.kind_words import KindSentence, Voice
from gateway.wording.measures import MEASURE_WORDS
from gateway.wording.tariffs import TARIFF_WORDS, unit_words
from vocabulary.total import total

_PERIODS = total(
    {PeriodWord.WEEK: "uge", PeriodWord.WEEKS: "uger", PeriodWord.MONTH: "måned", PeriodWord.MONTHS: "måneder"},
    PeriodWord,
)


class AnnexVoice(Voice):
    """How an annex writes what a contract's terms say."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def measure(self, measure: Measure) -> str:
        """What a measure counts, in sentences."""
        return self.say(MEASURE_WORDS[measure.kind], measure.phrase())

    def tariff(self, tariff: Tariff) -> tuple[str, ...]:
        """What a tariff pays for, and then what else is said of its price, a sentence each."""
        unit = unit_words(words.unit(tariff.unit(self._contract)))
        return tuple(self.say(TARIFF_WORDS[tariff.kind], phrase, unit) for phrase in tariff.phrases())

    def sentence(self, words: KindSentence) -> str:
        return words.annex

    def number(self, value: int) -> str:
        return formats.danish_number(value)

    def numbers(self, value: NumberList) -> str:
        return formats.enumeration([self.number(number) for number in value.numbers])

    def money(self, minor: int) -> str:
        return words.money(self._contract, minor)

    def hours(self, hundredths: int) -> str:
        return formats.danish_hundredths(hundredths)

    def share(self, per_mille: int) -> str:
        return formats.danish_per_cent(per_mille)

    def period(self, word: PeriodWord) -> str:
        return _PERIODS[word]

    def index(self, index: Index) -> str:
        return index.id

    def prices(self, value: StatePrices) -> str:
        labels = {state.id: state.label_da for state in self._contract.states}
        return formats.enumeration(
            [f"{self.money(minor)} for {labels[state]}" for state, minor in value.prices.items()]
        )

    def points(self, value: ScaleWords) -> str:
        return formats.enumeration(
            [
                f"{words.figure(self._contract, value.of, point.at)} giver {self.money(point.amount_minor)}"
                for point in value.points
            ]
        )

    def threshold(self, value: Reached) -> str:
        return f"{value.of} mindst {words.figure(self._contract, value.of, value.at_least)}"

    def thresholds(self, value: ReachedList) -> str:
        return formats.enumeration([self.threshold(one) for one in value.figures])


class LeafletVoice(AnnexVoice):
    """How the leaflet says in few words what is counted: plain numbers, no amounts."""

    def sentence(self, words: KindSentence) -> str:
        return words.short

    def number(self, value: int) -> str:
        return str(value)


def goals(contract: Contract) -> list[str]:
    """What the contract counts, a sentence each, safe in HTML."""
    voice = LeafletVoice(contract)
    off = [escape(state.label_da) for state in contract.states if state.is_off_benefit]
    found = [f"»{label}« er uger uden ydelse, ikke nødvendigvis i job." for label in off]
    for measure in contract.measures:
        states = formats.enumeration([escape(one.label_da) for one in measure.states], "eller")
        found.append(f"{voice.measure(measure)}{f': {states}' if states else ''}.")
    return found
