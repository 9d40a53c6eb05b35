"""The least and the most of an amount, as two types: nothing that bounds one of them says anything of the other.

An amount without a bound below has none under a cap either, and one without a bound above is at most the cap.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Least:
    """What is owed at least, in minor units; None where nothing bounds it from below."""

    minor: int | None

    def plus(self, other: Least) -> Least:
        """The least of both together."""
        if self.minor is None or other.minor is None:
            return Least(None)
        return Least(self.minor + other.minor)

    def under(self, cap: int | None) -> Least:
        """The least of what a cap cuts; None for no cap."""
        return self if self.minor is None or cap is None else Least(min(self.minor, cap))

    def or_nothing(self) -> Least:
        """The least where nothing at all may be owed as well."""
        return self.under(0)


@dataclass(frozen=True, slots=True)
class Most:
    """What is owed at most, in minor units; None where nothing bounds it from above."""

    minor: int | None

    def plus(self, other: Most) -> Most:
        """The most of both together."""
        if self.minor is None or other.minor is None:
            return Most(None)
        return Most(self.minor + other.minor)

    def under(self, cap: int | None) -> Most:
        """The most of what a cap cuts; None for no cap."""
        if self.minor is None or cap is None:
            return Most(cap if self.minor is None else self.minor)
        return Most(min(self.minor, cap))

    def or_nothing(self) -> Most:
        """The most where nothing at all may be owed as well."""
        return self if self.minor is None else Most(max(self.minor, 0))


@dataclass(frozen=True, slots=True)
class AmountBounds:
    """Between which two amounts every history and every declared figure stays."""

    least: Least
    most: Most

    @classmethod
    def between(cls, least: int | None, most: int | None) -> AmountBounds:
        return cls(Least(least), Most(most))

    def plus(self, other: AmountBounds) -> AmountBounds:
        return AmountBounds(self.least.plus(other.least), self.most.plus(other.most))

    def under(self, cap: int | None) -> AmountBounds:
        return AmountBounds(self.least.under(cap), self.most.under(cap))

    def or_nothing(self) -> AmountBounds:
        return AmountBounds(self.least.or_nothing(), self.most.or_nothing())


NOTHING = AmountBounds.between(0, 0)
