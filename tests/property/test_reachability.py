"""From whatever the parties and the registers do, money comes to an end: searched, not sampled.

Every state of a small world that can be reached in so many steps is visited once, by its key. In each the sums agree to
the øre, and from each there is a way to the end where everything owed is paid and nothing else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import pytest

from gateway.errors.settlement import SettlementRefused
from gateway.settlement import account, acknowledging, settled
from gateway.store.settlement_tables import Bill
from tests.support.settlement_world import Game, World

RELAPSE = ((2, -1, 0), (1, 0, 0))  # two in, one of them out again, nothing in the last window; or it was one all along
SET_OFF = ((1, -1, 2), (1, 0, 1))  # one in and out again, then two more
HELD = ((1, 1), (0, 1))  # the first window turns out to be worth nothing


def reach(game: Game, depth: int) -> Iterator[World]:
    """Every world within so many steps, breadth first, one for each key."""
    first = World()
    seen, waiting = {game.key(first)}, deque([(first, 0)])
    while waiting:
        world, steps = waiting.popleft()
        yield world
        if steps == depth:
            continue
        for _, following in game.moves(world):
            key = game.key(following)
            if key not in seen:
                seen.add(key)
                waiting.append((following, steps + 1))


class Ways:
    """Whether there is a way to the end; what was found once is not looked for again."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self.known: dict[object, bool] = {}

    def has_way(self, world: World) -> bool:
        stack = [(world, self.game.key(world), self.game.towards_the_end(world))]
        self.known.setdefault(stack[0][1], False)
        while stack:
            at, key, moves = stack[-1]
            if self.known[key] or self.game.is_settled(at):
                for _, passed, _ in stack:
                    self.known[passed] = True
                return True
            following = next(moves, None)
            if following is None:
                stack.pop()
                continue
            _, there = following
            agree(self.game, there)
            new = self.game.key(there)
            if self.known.get(new):
                for _, passed, _ in stack:
                    self.known[passed] = True
                return True
            if new not in self.known:
                self.known[new] = False
                stack.append((there, new, self.game.towards_the_end(there)))
        return False


def agree(game: Game, world: World) -> None:
    """What is paid and what is open is what is owed, to the øre."""
    owed, paid, still = game.sums(world)
    assert paid + still == owed


def stuck(game: Game, depth: int) -> tuple[int, list[World]]:
    """How many worlds there are, and those without a way to the end. Raises where sums do not agree."""
    ways, count, found = Ways(game), 0, []
    for world in reach(game, depth):
        count += 1
        agree(game, world)
        if not ways.has_way(world):
            found.append(world)
    return count, found


GAMES = [
    pytest.param(RELAPSE, True, id="relapse-offset"),
    pytest.param(RELAPSE, False, id="relapse-credit-note"),
    pytest.param(SET_OFF, True, id="set-off"),
    pytest.param(HELD, True, id="held-offset"),
    pytest.param(HELD, False, id="held-credit-note"),
]


@pytest.mark.parametrize(("truths", "offsets"), GAMES)
def test_from_everywhere_near_the_beginning_there_is_a_way_to_the_end(truths, offsets):
    count, found = stuck(Game(truths, offsets=offsets), 3)
    assert (count > 50, found) == (True, [])


# so deep takes minutes for each game: `make long` goes less deep
DEEP = [pytest.param(1, 0, 8, marks=pytest.mark.soak), pytest.param(0, 2, 8, marks=pytest.mark.soak)]
LESS_DEEP = [pytest.param(*one, marks=pytest.mark.long) for one in ((1, 0, 6), (0, 2, 6), (1, 2, 5))]


@pytest.mark.parametrize(("disputes", "words", "depth"), [*LESS_DEEP, *DEEP])
@pytest.mark.parametrize(("truths", "offsets"), GAMES)
def test_from_everywhere_there_is_a_way_to_the_end(truths, offsets, disputes, words, depth):
    """A dispute, adjustments, and both together less deep: they multiply."""
    _, found = stuck(Game(truths, offsets=offsets, disputes=disputes, words=words), depth)
    assert found == []


@pytest.mark.soak
@pytest.mark.parametrize(("offsets", "disputes", "words"), [(False, 1, 0), (True, 0, 2)])
def test_the_world_that_holds_still_is_searched_to_depth_twelve(offsets, disputes, words):
    count, found = stuck(Game(HELD, offsets=offsets, disputes=disputes, words=words), 12)
    assert (count > 10_000, found) == (True, [])


def test_an_upheld_dispute_that_nothing_may_follow_is_found(monkeypatch: pytest.MonkeyPatch):
    """Positive control: the rule of before, by which an upheld line waits for a correction that never comes."""

    def final(current: str, outcome: str, *, is_own: bool) -> None:
        if current or is_own != (outcome == "withdrawn"):
            raise SettlementRefused(rule="state", reason="it was answered")

    def silent(seen, signed, line, role, *, by_name):
        return seen.quarrel(signed, line) is None and role not in seen.accepted_by(signed, line)

    monkeypatch.setattr(acknowledging, "check_answer", final)
    monkeypatch.setattr(acknowledging, "may_accept", silent)
    _, found = stuck(Game(HELD, offsets=False), 3)
    assert found
    assert all(any(row[4] == "upheld" for row in world.disputes) for world in found)


def test_an_offset_that_no_window_has_room_for_is_found(monkeypatch: pytest.MonkeyPatch):
    """Positive control: the rule of before, by which the last window alone gives a credit note, and only of its own."""
    real = account.plan

    def waits(window, free, *, order, offsets, coming):
        if offsets and not any(line.window == window for line in free):
            return None
        return real(window, free, order=order, offsets=offsets, coming=coming | {max(order, key=order.__getitem__)})

    monkeypatch.setattr(settled, "plan", waits)
    _, found = stuck(Game(RELAPSE, offsets=True), 1)
    assert found


def test_a_bill_that_takes_no_note_of_others_is_found(monkeypatch: pytest.MonkeyPatch):
    """Positive control: where a bill held the whole line again, sums would not agree."""
    real = settled.differences

    def twice(documents, lines):
        return real(documents, lines[:0])

    monkeypatch.setattr(settled, "differences", twice)
    with pytest.raises(AssertionError):
        stuck(Game(HELD, offsets=False), 4)


def bills() -> list[Bill]:
    """One bill of each shape on the ways to the end: what it is, of which lines, with which amounts."""
    found: dict[object, Bill] = {}
    for truths in (RELAPSE, SET_OFF, HELD):
        for offsets in (True, False):
            game = Game(truths, offsets=offsets)
            for world in reach(game, 3):
                for bill in _end(game, world).bills:
                    lines = tuple((line["window"], line["key"], line["whole_minor"]) for line in bill.lines)
                    found.setdefault((bill.kind, lines, bool(bill.refers_to)), bill)
    return list(found.values())


def _end(game: Game, world: World) -> World:
    """The end of the straight way from here, or where it does not go on."""
    while (following := next(game.towards_the_end(world), None)) is not None:
        world = following[1]
    return world
