"""Worlds in which a cell of a table, or a list of names, tells of somebody who is not in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.attacks.outsider import texts
from tests.attacks.outsider.attacking import Entry, World, courses_of
from tests.attacks.outsider.courses import Part, parts_of
from tests.attacks.outsider.documents import Terms, read
from tests.attacks.outsider.staged_worlds import Doing, does, week, world
from tests.attacks.outsider.tables import BY_REASON


def one_class_alone(in_education: int) -> World:
    """A table of two classes, of which nearly all who reached anything are in one."""
    terms = read(
        texts.contract(
            texts.measure("people", ["fleksjob", "education"], "sustained_weeks = 1", goal=20),
            texts.price("m"),
            texts.windows("2020-W01", [4]),
            start=week(1),
            end=week(1),
            size=60,
            disclosure=texts.table("w1"),
        )
    )
    entry = Entry(week(1))
    drawn = world(
        terms,
        [
            Doing(entry, 10, (("m", 0, 0),)),
            Doing(entry, 50 - in_education, (("m", 0, 1),), "fleksjob"),
            Doing(entry, in_education, (("m", 0, 1),), "education"),
        ],
    )
    return replace(drawn, known={entry: in_education})


def one_reason_alone() -> World:
    """Why people are not counted, for the operator: all of them have work in the last week, and not for long enough."""
    terms = read(
        texts.contract(
            texts.measure("people", ["fleksjob"], "sustained_weeks = 2", goal=20),
            texts.price("m"),
            texts.windows("2020-W01", [4]),
            start=week(1),
            end=week(1),
            size=60,
            totals=texts.release("contract_total", ["operator"]),
            disclosure='reasons_windows = ["w1"]\n',
        )
    )
    entry, parts = Entry(week(1)), parts_of(terms)
    place = parts.index(Part(BY_REASON, 0, "not_long_enough"))
    late = int(np.nonzero(courses_of(terms, entry)[:, place])[0][0])
    return World(terms, {entry: (*[late] * 20, *[does(terms, entry, {("m", 0): 1})] * 40)})


def named_but_one() -> World:
    """All but one of thirty lost the outcome in the second window, and the operator is told their names."""
    terms = read(
        texts.contract(
            texts.measure("people", ["fleksjob"], "sustained_weeks = 1", goal=20),
            texts.price("m"),
            texts.notices(["w2"]),
            texts.windows("2020-W01", [2, 2]),
            start=week(1),
            end=week(1),
            totals=texts.release("contract_total", ["operator"]),
        )
    )
    entry = Entry(week(1))
    return world(terms, [Doing(entry, 29, (("m", 0, 1), ("m", 1, 0))), Doing(entry, 1, (("m", 0, 0), ("m", 1, 1)))])


def table_of_an_inner_window() -> Terms:
    """A table planned for a window of which its reader holds no total by itself: a block would tell it."""
    return read(
        texts.contract(
            texts.measure("retention", ["fleksjob"], 'period = "week"\nneeded = 2', goal=20),
            texts.price("m"),
            texts.windows("2020-W01", [2, 2, 2]),
            start=week(1),
            end=week(2),
            totals="\n".join(
                texts.release("contract_total", [who], shown)
                for who, shown in (("investor", ["w2", "w3"]), ("operator", ["w1", "w3"]))
            ),
            disclosure='reasons_windows = ["w2"]\n',
        )
    )
