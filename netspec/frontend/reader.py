"""YAML events to plain data by the YAML 1.2 core schema, with a span for every value.

`no` and `on` are texts, `1e-3` is a number; there are only mappings, lists and scalars. The events are
tuples, so that only `source.py` depends on the parser; no tree of nodes is ever made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from netspec.diagnostics import Code, Diagnostic, NetspecError, Related, Span
from netspec.frontend.cost import MAX_FAULTS, Cost
from netspec.frontend.scalars import TooLarge, closed, open_parentheses, scalar

Path_ = tuple[str | int, ...]
Place = tuple[int, int, int, int]

Event = tuple[str, Any, str, str | None, Place]
"""An event of the parser: its kind, value, tag, anchor and place.

The kinds are `scalar` (the value is its text), `seq` and `map` (whether in flow style), `alias` (its
anchor's name) and `end`.
"""

MAX_NESTING = 100
"""The largest nesting depth of mappings and lists."""

TAG = "tag:yaml.org,2002:"
PLAIN = "plain"
"""The tag of a plain scalar without a tag; the core schema determines its type."""
_KINDS = {type(None): "null", bool: "bool", int: "int", float: "float"}

QUOTE = 'put the expression in quotes, "$(...)", or write the entry in block style'


class Reader:
    """Builds data and spans from the events of one text.

    Args:
        name: The file's name.
        text: Its text.
        events: The events; the parser has counted all but copied ones.
        cost: Takes the cost of reading.
        around: The reader of the text around a merged value, which is a copy.

    Attributes:
        values: The place of each value, by its path.
        keys: The place of each key, by the path of its value.
        broken: Paths of values that YAML cut at an expression, and of the mappings and lists around them.
        diagnostics: Errors that do not stop reading.
    """

    def __init__(self, name: str, text: str, events: Iterable[Event], cost: Cost, around: Reader | None = None) -> None:
        self.name = name
        self.text = text
        self.cost = cost
        self.copying = around is not None
        self.events: Iterator[Event] = self.counted(events, copying=True) if around else iter(events)
        self.values: dict[Path_, Place] = {}
        self.keys: dict[Path_, Place] = {}
        self.broken: set[Path_] = set()
        self.diagnostics: list[Diagnostic] = around.diagnostics if around else []
        self.nesting: int = around.nesting if around else 0
        self.anchors: dict[str, list[Event]] = around.anchors if around else {}
        self.open: set[str] = around.open if around else set()
        self.left_open = 0

    def read(self, path: Path_ = ()) -> Any:
        """The data of the next value.

        Raises:
            NetspecError: Aliases form a cycle or expand beyond the bound, or the nesting is too deep.
        """
        return self.build(next(self.events), path)

    def span(self, place: Place) -> Span:
        """A place of the text."""
        return Span(self.name, *place, self.text)

    def error(self, code: Code, message: str, place: Place, **fields: Any) -> None:
        """Note an error that does not stop reading; only once, even if the place is copied.

        Raises:
            NetspecError: There are too many errors.
        """
        if (code, place) in self.cost.faults:
            return
        self.cost.faults.add((code, place))
        self.diagnostics.append(Diagnostic(code, message, self.span(place), **fields))
        if len(self.cost.faults) >= MAX_FAULTS:
            raise NetspecError(self.diagnostics)

    def fail(self, code: Code, message: str, place: Place, help: str) -> NoReturn:
        """Raise an error that stops reading."""
        raise NetspecError.of(code, message, span=self.span(place), help=help)

    def build(self, event: Event, path: Path_) -> Any:
        """The data of the value that an event begins."""
        kind, value, tag, anchor, place = event
        if kind == "alias":
            return self.replay(value, self.recorded(value, place), path, copying=True)
        if anchor is not None:
            recorded = [(kind, value, tag, None, place), *(self.rest() if kind != "scalar" else ())]
            self.anchors[anchor] = recorded
            return self.replay(anchor, recorded, path, copying=self.copying)
        self.values[path] = place
        if kind == "scalar":
            return self.scalar(value, tag, place, path)
        if self.nesting >= MAX_NESTING:
            message = f"mappings and lists are nested more than {MAX_NESTING} levels deep"
            self.fail(Code.YAML_SYNTAX, message, place, "a `repeat` or a block says the same without nesting")
        if tag not in (PLAIN, TAG + kind):
            self.tagged(tag, place)
            self.rest()
            return None
        self.nesting += 1
        data, end = self.sequence(path, value) if kind == "seq" else self.mapping(path, value)
        self.nesting -= 1
        self.values[path] = place[:2] + end[2:]
        return data

    def counted(self, events: Iterable[Event], copying: bool) -> Iterator[Event]:
        """Recorded events, each counted when it is taken.

        Raises:
            NetspecError: There are too many events.
        """
        for event in events:
            if event[0] != "end":
                self.cost.values += 1
                self.cost.copied += copying
                self.cost.check(event[1], self.span(event[4]))
            yield event

    def rest(self) -> list[Event]:
        """The events up to the end of the current collection."""
        found: list[Event] = []
        level = 1
        while level:
            event = next(self.events)
            level += (event[0] in ("seq", "map")) - (event[0] == "end")
            found.append(event)
        return found

    def whole(self, event: Event) -> list[Event]:
        """The events of the value that an event begins."""
        return [event, *(self.rest() if event[0] in ("seq", "map") else ())]

    def recorded(self, anchor: str, place: Place) -> list[Event]:
        """The events of an anchor."""
        if anchor in self.open:
            message = "an alias stands inside its own anchor"
            self.fail(Code.EXPANSION_TOO_LARGE, message, place, "write out what it should hold")
        if anchor not in self.anchors:
            message = f"there is no anchor `&{anchor}` before this alias"
            self.fail(Code.YAML_SYNTAX, message, place, "write the anchor where the value stands first")
        return self.anchors[anchor]

    def replay(self, anchor: str, events: list[Event], path: Path_, *, copying: bool) -> Any:
        """The data of recorded events. Each alias is built anew: copies share nothing."""
        outer = self.events, self.copying
        self.events, self.copying = self.counted(events, copying), copying
        self.open.add(anchor)
        data = self.read(path)
        self.open.discard(anchor)
        self.events, self.copying = outer
        return data

    def tagged(self, tag: str, place: Place) -> None:
        """Refuse a tag: a spec has plain data only."""
        message = f"the tag `{tag.replace(TAG, '!!')}` is not read"
        self.error(Code.YAML_SYNTAX, message, place, help="write the value plainly, without a tag")

    def scalar(self, text: str, tag: str, place: Place, path: Path_) -> Any:
        """The value of a scalar; None after an error."""
        if tag == TAG + "str":
            return text
        if tag == PLAIN and (level := open_parentheses(text)):
            self.error(Code.BROKEN_EXPRESSION_TEXT, f"YAML ended the expression at `{text}`", place, help=QUOTE)
            self.broken.add(path)
            self.left_open = level
            return None
        try:
            value = scalar(text)
        except TooLarge as error:
            shown = text if len(text) < 30 else f"{text[:12]}..."
            self.error(Code.WRONG_TYPE, f"the number {shown} is too large", place, expected=error.bound)
            self.broken.add(path)
            return None
        if tag in (PLAIN, TAG + _KINDS.get(type(value), "")):
            return value
        if tag == TAG + "float" and isinstance(value, int):
            return float(value)
        self.tagged(tag, place)
        return None

    def sequence(self, path: Path_, flow: bool) -> tuple[list[Any], Place]:
        """The items of a list, without pieces of a cut expression, and the place of its end."""
        data: list[Any] = []
        level = 0
        while (event := next(self.events))[0] != "end":
            if level > 0:
                level = max(0, level - closed(_texts(self.whole(event))))
                continue
            data.append(self.build(event, (*path, len(data))))
            if self.left_open:
                level = self.torn(path, flow)
        return data, event[4]

    def mapping(self, path: Path_, flow: bool) -> tuple[dict[str, Any], Place]:
        """The pairs of a mapping, merged ones last, without pieces of a cut expression, and the place of its end."""
        data: dict[str, Any] = {}
        merged: list[list[Event]] = []
        level = 0
        while (event := next(self.events))[0] != "end":
            kind, key, tag, _, place = event
            cut = open_parentheses(key) if kind == "scalar" and tag == PLAIN else 0
            if kind == "scalar" and level == 0 and not cut:
                if key == "<<" and tag in (PLAIN, TAG + "merge"):
                    merged.append(self.whole(next(self.events)))
                    continue
                here = (*path, key)
                if key not in data:
                    self.keys[here] = place
                    data[key] = self.build(next(self.events), here)
                    if self.left_open:
                        level = self.torn(path, flow)
                    continue
                self.error(
                    Code.DUPLICATE_KEY,
                    f"`{key}` is written twice in one mapping",
                    place,
                    help="keep one of the two",
                    related=(Related(self.span(self.keys[here]), "first written here"),),
                )
            piece, value = self.whole(event), self.whole(next(self.events))
            if level > 0:
                level = max(0, level - closed(_texts(piece)) - closed(_texts(value)))
            elif kind != "scalar":
                self.error(Code.BAD_KEY, "a key must be text", place, help="a key is a word, such as `conv`")
            elif cut:
                self.error(Code.BROKEN_EXPRESSION_TEXT, f"YAML ended the expression at `{key}`", place, help=QUOTE)
                self.left_open = cut
                level = self.torn(path, flow)
        for events in merged:
            self.merge(events, path, data)
        return data, event[4]

    def torn(self, path: Path_, flow: bool) -> int:
        """Note that YAML tore apart the mapping or list at `path`.

        Returns:
            The number of parentheses that its next parts close; 0 in block style, where a comment ended the
            expression, and the next line is independent of it.
        """
        level, self.left_open = self.left_open, 0
        self.broken.add(path)
        return level if flow else 0

    def merge(self, events: list[Event], path: Path_, data: dict[str, Any]) -> None:
        """Copy the keys of a `<<` value that the mapping does not have; they come last."""
        kind, value, _, _, place = events[0]
        if kind == "alias":
            self.merge(self.recorded(value, place), path, data)
        elif kind == "seq":
            part = Reader(self.name, self.text, events[1:], self.cost, self)
            while (event := next(part.events))[0] != "end":
                self.merge(part.whole(event), path, data)
        elif kind == "map":
            # Built separately, so that an overridden key leaves no span behind.
            aside = Reader(self.name, self.text, events, self.cost, self)
            copied = aside.read(path)
            fresh = {key: each for key, each in (copied or {}).items() if key not in data}
            data.update(fresh)
            depth = len(path)
            for table, extra in ((self.values, aside.values), (self.keys, aside.keys)):
                table.update({p: s for p, s in extra.items() if len(p) > depth and p[depth] in fresh})
        else:
            self.error(Code.YAML_SYNTAX, "`<<` takes a mapping or a list of mappings", place, help="name an anchor")


def _texts(piece: list[Event]) -> Iterator[str]:
    """The texts of a piece."""
    return (value for kind, value, *_ in piece if kind == "scalar")
