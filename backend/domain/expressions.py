"""Expressions of other systems: comparisons of answers joined by `and` or `or`, read into a tree."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Union

from backend.domain.questionnaires import Operator

LONGEST = 2000
DEEPEST = 30


class Unread(ValueError):
    """An expression says something that no tree of ours holds."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or a number as it is written."""

    value: str | int | float


@dataclass(frozen=True, slots=True)
class Reference:
    """The answer to a question, or with `code` whether that option of it is ticked; "." is the question itself."""

    name: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function with what is handed to it."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """Two sides held against each other."""

    left: "Node"
    operator: Operator
    right: "Node"


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts of which all must hold, or any."""

    any: bool
    parts: tuple["Node", ...]


Node = Union[Literal, Reference, Call, Compared, Joined]  # noqa: UP007 -- the names are not there yet

_OPERATORS = {
    "=": Operator.EQUAL,
    "!=": Operator.UNEQUAL,
    "<>": Operator.UNEQUAL,
    "<": Operator.LESS,
    ">": Operator.MORE,
    "<=": Operator.AT_MOST,
    ">=": Operator.AT_LEAST,
}
_REST = (
    r"(?P<text>'[^']*'|\"[^\"]*\")|(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<operator><=|>=|!=|<>|=|<|>)"
    r"|(?P<word>[A-Za-z][A-Za-z0-9-]*)|(?P<sign>[(),-])|(?P<self>\.)"
)
XPATH = re.compile(rf"\s*(?:\$\{{\s*(?P<name>[^\s{{}}#]+)\s*\}}(?P<code>(?!))?|{_REST})")
"""The tokens of XPath 1.0 (w3.org/TR/xpath-10, 3.1 to 3.7) that are read, with XLSForm's `${name}`."""

REDCAP = re.compile(rf"\s*(?:\[(?P<name>[A-Za-z][A-Za-z0-9_]*)(?:\((?P<code>[^()\[\]]+)\))?\]|{_REST})")
"""The tokens of REDCap's logic: `[name]`, and `[name(code)]` for an option of a checkbox."""


def parsed(told: str, tokens: re.Pattern[str]) -> Node:
    """Return the tree of an expression. Raises Unread for anything else: arithmetic, paths, filters."""
    if len(told) > LONGEST:
        raise Unread
    reader = _Reader(_tokens(told, tokens))
    found = reader.any_of()
    if reader.left():
        raise Unread
    return found


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    told: str
    code: str | None = None


def _tokens(told: str, tokens: re.Pattern[str]) -> list[_Token]:
    found: list[_Token] = []
    at, end = 0, len(told.rstrip())
    while at < end:
        match = tokens.match(told, at)
        if match is None:
            raise Unread
        # The pattern's last group is `code` where a reference has one.
        kind = "name" if match["name"] is not None else str(match.lastgroup)
        found.append(_Token(kind, match[kind], match["code"]))
        at = match.end()
    return found


@dataclass(slots=True)
class _Reader:
    """Reads tokens by precedence: `or` binds least, then `and`, then comparisons."""

    tokens: list[_Token]
    at: int = 0
    depth: int = 0
    leaves: Mapping[str, Callable[[_Token], Node]] = field(default_factory=lambda: _LEAVES)

    def left(self) -> bool:
        """Whether tokens are left."""
        return self.at < len(self.tokens)

    def any_of(self) -> Node:
        """Read what `or` joins."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unread
        found = self._joined("or", lambda: self._joined("and", self._compared))
        self.depth -= 1
        return found

    def _joined(self, word: str, inner: Callable[[], Node]) -> Node:
        parts = [inner()]
        while self._next("word", word):
            parts.append(inner())
        return parts[0] if len(parts) == 1 else Joined(word == "or", tuple(parts))

    def _compared(self) -> Node:
        left = self._one()
        if not self.left() or self.tokens[self.at].kind != "operator":
            return left
        operator = _OPERATORS[self._take().told]
        # XPath reads `a = b = c` as `(a = b) = c`: that compares a truth, and is not read here.
        return Compared(left, operator, self._one())

    def _one(self) -> Node:
        token = self._take()
        if token.kind in self.leaves:
            return self.leaves[token.kind](token)
        if token.kind == "word" and self._next("sign", "("):
            return Call(token.told.lower(), self._arguments())
        if token.told == "(":
            found = self.any_of()
            self._need(")")
            return found
        if token.told == "-" and self.left() and self.tokens[self.at].kind == "number":
            return _number(self._take(), -1)
        raise Unread

    def _arguments(self) -> tuple[Node, ...]:
        if self._next("sign", ")"):
            return ()
        found = [self.any_of()]
        while self._next("sign", ","):
            found.append(self.any_of())
        self._need(")")
        return tuple(found)

    def _take(self) -> _Token:
        if not self.left():
            raise Unread
        self.at += 1
        return self.tokens[self.at - 1]

    def _next(self, kind: str, told: str) -> bool:
        """Whether that token stands next, which is then taken."""
        if not self.left() or self.tokens[self.at].kind != kind or self.tokens[self.at].told.lower() != told:
            return False
        self.at += 1
        return True

    def _need(self, sign: str) -> None:
        if not self._next("sign", sign):
            raise Unread


def _number(token: _Token, sign: int = 1) -> Literal:
    value = float(token.told) * sign
    if abs(value) > 1e15:
        raise Unread
    return Literal(int(value) if value.is_integer() else value)


_LEAVES: Mapping[str, Callable[[_Token], Node]] = {
    "name": lambda token: Reference(token.told, token.code),
    "self": lambda _token: Reference("."),
    "text": lambda token: Literal(token.told[1:-1]),
    "number": _number,
}
