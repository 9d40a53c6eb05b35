"""The root of what this product refuses or finds broken, and what all that read files or typed text share.

    ProductError
    ├── DeclarationInvalid    a contract, programme, source, notice, map, course or code list, with file, line and key
    └── TextInvalid           a text that somebody typed says nothing, or holds what nobody sees

Every room's own root derives from it: `connectors.errors`, `keys.errors`, `policies.errors`, `gateway.errors.tree`.
The verifier has a tree of its own, since it imports nothing of ours. Every class has a stable `code`;
`gateway.errors.table` maps it to an exit code and to an RFC 9457 problem. No message ever holds a personal value.
"""

from __future__ import annotations

from collections.abc import Sequence


class ProductError(Exception):
    """The root. `code` is stable; `advice` says what to do next, where that follows from the class alone."""

    code: str = "product-error"
    advice: str = ""


class DeclarationInvalid(ProductError):
    """A declaration file cannot be understood; nothing of it is used.

    `line` and `column` count from 1; column 0 means that the whole line is meant. `key` is dotted, and empty where the
    file as a whole is refused. `rule` is stable: what it is refused by. Where a file has several mistakes, `mistakes`
    are all of them by line, and the other fields are those of the first.
    """

    code = "declaration-invalid"

    def __init__(self, *, file: str, line: int, key: str, reason: str, column: int = 0, rule: str = "") -> None:
        self.file, self.line, self.column, self.key, self.reason = file, line, column, key, reason
        self.rule = rule or rule_of(key)
        self.mistakes: tuple[DeclarationInvalid, ...] = (self,)
        then = f"; {self.advice}" if self.advice else ""
        super().__init__(f"{file}, {self.on_line()}{then}")

    def on_line(self) -> str:
        """Line, key, reason and rule, without the file."""
        where = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        subject = f"{self.key} " if self.key else ""
        rule_named = "" if self.rule in self.reason else f" (rule {self.rule})"
        return f"{where}: {subject}{self.reason}{rule_named}"

    @classmethod
    def of_all(cls, mistakes: Sequence[DeclarationInvalid]) -> DeclarationInvalid:
        """One refusal of a file for all of its mistakes, each named once, in the order of its lines."""
        by_place = {(one.line, one.column, one.key, one.reason): one for one in mistakes}
        ordered = [by_place[place] for place in sorted(by_place)]
        first = ordered[0]
        if len(ordered) == 1:
            return first
        several = cls(
            file=first.file, line=first.line, key=first.key, reason=first.reason, column=first.column, rule=first.rule
        )
        several.mistakes = tuple(ordered)
        lines = "".join(f"\n  {one.on_line()}" for one in ordered)
        then = f"\n  {cls.advice}" if cls.advice else ""
        several.args = (f"{first.file} has {len(ordered)} mistakes:{lines}{then}",)
        return several


class TextInvalid(ProductError):
    """A text is not taken. `what` says which, such as `the advice`; the text itself is never repeated."""

    code = "text-invalid"

    def __init__(self, *, what: str, reason: str) -> None:
        super().__init__(f"{what} {reason}; nothing was done")


def rule_of(key: str) -> str:
    """The rule that a key's own checks are called: `measures.1.price_minor` -> `measures-price-minor`."""
    parts = [part.replace("_", "-") for part in key.split(".") if part and not part.isdigit()]
    return "-".join(parts) or "file-readable"
