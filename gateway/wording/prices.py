"""Prices and caps in few Danish words, for whoever checks a contract file: a price a hundred times too high shows."""

from __future__ import annotations

from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.phrases import Reached
from gateway.wording.annex_voice import AnnexVoice
from gateway.wording.contract import LINES, UNITS
from gateway.wording.kind_words import KindSentence
from gateway.wording.tariffs import TARIFF_WORDS, unit_words


class PriceVoice(AnnexVoice):
    """How the check writes what a tariff pays, and its limits."""

    def sentence(self, words: KindSentence) -> str:
        return words.short


def prices_in_words(contract: Contract) -> list[str]:
    """A line for each tariff with its own limits, and then one for each cap over several of them."""
    voice, caps = PriceVoice(contract), contract.caps
    lines = [_tariff_line(contract, voice, tariff) for tariff in contract.tariffs]
    if caps.person_minor:
        lines.append(_say("cap_person", amount=voice.money(caps.person_minor)))
    if caps.contract_minor:
        lines.append(_say("cap_contract", amount=voice.money(caps.contract_minor)))
    if caps.capital_minor:
        share, years = voice.share(caps.return_per_mille_a_year), caps.return_years
        capital, most = voice.money(caps.capital_minor), voice.money(caps.most_minor)
        lines.append(_say("cap_return", capital=capital, share=share, years=years, most=most))
    return lines


def _tariff_line(contract: Contract, voice: PriceVoice, tariff: Tariff) -> str:
    """`entry: 750,00 kr. pr. person; højst 90.000,00 kr. i alt`."""
    unit = unit_words(UNITS[tariff.unit(contract)]["da"])
    text = "".join(voice.say(TARIFF_WORDS[tariff.kind], phrase, unit) for phrase in tariff.phrases())
    if tariff.payer_prices:
        pairs = zip(contract.payers, tariff.payer_prices, strict=True)
        text += _say("by_payer", prices=", ".join(f"{one.name} {voice.money(price)}" for one, price in pairs))
    if tariff.gate is not None:
        text += _say("gate", figure=voice.threshold(Reached(tariff.gate.of, tariff.gate.at_least)))
    if tariff.cap_window_minor:
        key = "cap_carried" if tariff.carries_excess else "cap_lost"
        text += _say(key, amount=voice.money(tariff.cap_window_minor))
    if tariff.cap_minor:
        text += _say("cap", amount=voice.money(tariff.cap_minor))
    return f"{tariff.id}: {text}"


def _say(line: str, **values: object) -> str:
    return LINES[line]["da"].format(**values)
