"""Windows that are shown together: a block is a run of windows, and only its end shows anybody but payers a figure.

The creditor's documents are exact and on time for every window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import Window
from vocabulary.releases import Template


def reader_windows(contract: Contract) -> list[int]:
    """The windows in which anybody is shown a total or an answer, by their places from 0."""
    shown = {one.window for one in contract.releases if one.template is not Template.PAYMENT_DOCUMENT}
    return [place for place, window in enumerate(contract.windows) if window.label in shown]


def in_blocks(contract: Contract, ends: Sequence[str]) -> Contract:
    """The contract as it is shown when blocks end with these windows: what was planned in an inner one is left out, and
    its table comes with the block."""
    planned = replace(contract, block_ends=tuple(ends))
    return replace(
        planned,
        releases=tuple(
            one for one in contract.releases if one.template is Template.PAYMENT_DOCUMENT or one.window in ends
        ),
        breakdown_window=_end(planned, contract.breakdown_window),
        reasons_window=_end(planned, contract.reasons_window),
    )


def _end(contract: Contract, label: str) -> str:
    return block_of(contract, label)[-1].label if label else ""


def block_of(contract: Contract, label: str) -> tuple[Window, ...]:
    """The windows that are shown with this one, the end of the block last; itself alone where nothing is folded, or its
    end is not settled."""
    windows, ends = contract.windows, contract.block_ends
    at = next(place for place, window in enumerate(windows) if window.label == label)
    if ends is None:
        return (windows[at],)
    places = [place for place, window in enumerate(windows) if window.label in ends]
    end = next((place for place in places if place >= at), at)
    since = max((place for place in places if place < min(at, end)), default=-1)
    return windows[since + 1 : end + 1]


def is_unsettled(contract: Contract, label: str) -> bool:
    """Whether nobody can say with which window this one is shown: with the people who are sealed no later one may."""
    labels = [window.label for window in contract.windows]
    ends = contract.block_ends
    return ends is not None and all(labels.index(end) < labels.index(label) for end in ends)


def shown_with(contract: Contract, label: str) -> str:
    """The later window with which this one is shown; empty where it is shown by itself, ends its block or is
    unsettled."""
    end = block_of(contract, label)[-1].label
    return "" if end == label else end
