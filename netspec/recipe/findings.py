"""Collects what is wrong with a recipe, each finding at its place in the text. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from netspec.diagnostics import (
    CROWDED,
    Code,
    Diagnostic,
    NetspecError,
    Span,
    Suggestion,
    did_you_mean,
    near_miss,
    suggested,
)

if TYPE_CHECKING:
    from netspec.frontend.problems import Places

Path = tuple[str | int, ...]
"""Where a value stands, counted from the section `train`: ``("optimizer", "weight_decay")``."""

MOST_ERRORS = 1_000
"""After so many errors a recipe is checked no further."""

SECTION = "train"
"""The key of a spec that a recipe is the value of."""


class Spans(Protocol):
    """The place of the value at a path, or of its key; None where it has no text."""

    def __call__(self, path: Path, key: bool = False) -> Span | None: ...


def spans_in(document: Places) -> Spans:
    """Where the values and keys of a document's section `train` stand."""

    def span(path: Path, key: bool = False) -> Span | None:
        own = (SECTION, *path)
        return document.key_span(own) if key else document.span(own)

    return span


def nowhere(path: Path, key: bool = False) -> Span | None:
    """The `Spans` of data that were never text."""
    return None


class Findings:
    """The diagnostics of one recipe, as they come up; all are NS0801."""

    def __init__(self, span: Spans) -> None:
        self._span = span
        self._diagnostics: list[Diagnostic] = []

    def __len__(self) -> int:
        return len(self._diagnostics)

    def add(
        self,
        message: str,
        path: Path,
        *,
        key: bool = False,
        found: str | None = None,
        expected: str | None = None,
        help: str | None = None,
    ) -> None:
        """Note one error; `key` puts its place on the key.

        Raises:
            NetspecError: There are so many that no more are looked for.
        """
        span = self._span(path, key=True) if key else self._span(path)
        own = (SECTION, *path)
        self._diagnostics.append(Diagnostic(Code.BAD_RECIPE, message, span, found, expected, help, path=own))
        if len(self._diagnostics) >= MOST_ERRORS:
            self.check()

    def near(self, name: str, known: Iterable[str]) -> Suggestion | None:
        """A help sentence that names the nearest known name; none where there are too many errors to read."""
        return did_you_mean(name, known) if len(self._diagnostics) < CROWDED else None

    def meant(self, key: str) -> bool:
        """Whether an unknown key was taken for a misspelt `key`, which then is not missing."""
        return any(key == suggested(each.help) for each in self._diagnostics)

    def extend(
        self,
        error: ValidationError,
        place: Callable[[str], Path],
        names: Collection[str],
        owner: str,
        skip: Collection[str] = (),
    ) -> None:
        """Note all that pydantic found.

        Args:
            error: What validation raised.
            place: The path of the value of a field.
            names: The fields that may be written, for near-miss names.
            owner: What the fields belong to, in the words of the message: ``adamw``.
            skip: Fields that are reported already.
        """
        details = error.errors(include_url=False)
        unknown = [str(detail["loc"][0]) for detail in details if detail["type"] == "extra_forbidden"]
        taken = {near_miss(each, names) for each in unknown[:CROWDED]}
        for detail in details:
            name = str(detail["loc"][0]) if detail["loc"] else ""
            if name in skip:
                continue
            if not detail["loc"]:
                self.add(str(detail["ctx"]["error"]), place("")[:-1])
            elif detail["type"] == "extra_forbidden":
                allowed = ", ".join(f"`{n}`" for n in sorted(names))
                self.add(
                    f"{owner} has no option `{name}`",
                    place(name),
                    key=True,
                    expected=f"one of {allowed}" if allowed else "no options",
                    help=self.near(name, names),
                )
            elif detail["type"] == "missing":
                if name in taken:
                    continue  # an unknown key was taken for it
                help = f"write it as the value: `{owner}: ...`" if name not in names else None
                self.add(f"{owner} needs `{name}`", place(name)[:-1], found="nothing", help=help)
            else:
                found = shown(detail["input"])
                self.add(f"`{name}` of {owner} is wrong", place(name), found=found, expected=_expected(detail))

    def check(self) -> None:
        """Raise a `NetspecError` if there is any error."""
        if self._diagnostics:
            raise NetspecError(self._diagnostics)


def shown(value: Any) -> str:
    """A value as a phrase that also tells its type, since ``2e-3`` and ``"2e-3"`` look alike."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, str):
        return f"the text `{value}`"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"`{value}`"


def _expected(detail: ErrorDetails) -> str:
    """What pydantic wanted, in the words of a spec."""
    fixed = {
        "int_type": "a whole number",
        "float_type": "a number",
        "string_type": "a text",
        "bool_type": "`true` or `false`",
        "finite_number": "a finite number",
    }
    bounds = {
        "greater_than": "a number above {gt}",
        "greater_than_equal": "a number of at least {ge}",
        "less_than": "a number below {lt}",
        "less_than_equal": "a number of at most {le}",
    }
    kind = detail["type"]
    if kind == "literal_error":
        return f"one of {detail['ctx']['expected']}".replace("'", "`").replace(" or ", ", ")
    if kind in bounds:
        return bounds[kind].format(**{k: v if isinstance(v, int) else f"{v:g}" for k, v in detail["ctx"].items()})
    return fixed.get(kind, detail["msg"])
