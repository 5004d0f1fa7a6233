"""YAML 1.2 text to plain data with places. The parser is PyYAML's safe C parser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from netspec.diagnostics import Code, Diagnostic, NetspecError, Span
from netspec.files.reading import plain_breaks, read_bounded
from netspec.frontend import cost
from netspec.frontend.pause import collection_paused
from netspec.frontend.reader import PLAIN, TAG, Event, Path_, Place, Reader
from netspec.objects.immutable import immutable

__all__ = ["Path_", "Source", "parse", "read"]

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@immutable
class Source:
    """A read text.

    Attributes:
        name: File name as the user wrote it.
        text: The whole text.
        data: Its top mapping.
        values: The place of each value, by its path of keys and indices: line, column, end line, end column.
        keys: The place of each key, by the path of its value.
        broken: Paths of mappings and lists that YAML tore apart at an expression.
        diagnostics: Errors of the text that do not stop reading (a key written twice).
    """

    name: str
    text: str
    data: dict[str, Any]
    values: dict[Path_, Place] = field(repr=False)
    keys: dict[Path_, Place] = field(repr=False)
    broken: frozenset[Path_] = frozenset()
    diagnostics: tuple[Diagnostic, ...] = ()

    def span(self, path: Path_) -> Span | None:
        """The place of the value at `path`, or of the nearest value around it."""
        while path and path not in self.values:
            path = path[:-1]
        place = self.values.get(path)
        return Span(self.name, *place, self.text) if place else None

    def key_span(self, path: Path_) -> Span | None:
        """The place of the key of the value at `path`, or else of the value."""
        place = self.keys.get(path)
        return Span(self.name, *place, self.text) if place else self.span(path)

    def has(self, path: Path_) -> bool:
        """Whether a value is written at exactly this path."""
        return path in self.values

    def is_broken(self, path: Path_) -> bool:
        """Whether the value lies in a mapping or list that YAML tore apart at an expression."""
        return bool(self.broken) and any(path[:length] in self.broken for length in range(len(path) + 1))

    def written(self, path: Path_) -> str | None:
        """A scalar of one line as written, such as ``007``; None if there is none."""
        place = self.values.get(path)
        if place is None or place[0] != place[2]:
            return None
        line, start, _, end = place
        return self._lines[line - 1][start - 1 : end - 1]

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.removeprefix("\ufeff").split("\n")


def read(path: Path, name: str | None = None) -> Source:
    """Read a file.

    Raises:
        NetspecError: It does not exist, is not UTF-8 text, or is not a YAML mapping.
    """
    shown = name or str(path)
    return parse(plain_breaks(text_of(path, shown)), shown)


def text_of(path: Path, shown: str) -> str:
    """The text of a file with its original line breaks.

    Raises:
        NetspecError: It does not exist, is neither a file nor a pipe, is too large, or is not UTF-8 text.
    """
    try:
        data = read_bounded(path, shown=shown)
    except NetspecError:
        if path.is_file():  # too large for a spec, such as a file of weights
            from netspec.frontend import formats  # a valid spec does not need it

            with suppress(OSError), path.open("rb") as file:
                formats.refuse_bytes(file.read(formats.HEAD), shown)
        raise
    return decoded(data, shown)


def decoded(data: bytes, shown: str) -> str:
    """The text of bytes that were read from a file.

    Raises:
        NetspecError: They are not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        from netspec.frontend import formats

        formats.refuse_bytes(data, shown)
        raise not_utf8(error, shown) from None


def not_utf8(error: UnicodeDecodeError, shown: str) -> NetspecError:
    """The error for bytes that are not UTF-8, at the place of the first of them."""
    before, byte = error.object[: error.start], error.object[error.start]
    line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode(errors="replace")) + 1
    utf16 = error.object.startswith((b"\xff\xfe", b"\xfe\xff"))
    return NetspecError.of(
        Code.FILE_UNREADABLE,
        f"{shown} is not UTF-8 text (byte {error.start})",
        span=Span(shown, line, column, line, column + 1),
        found="UTF-16" if utf16 else f"the byte 0x{byte:02X}",
        expected="UTF-8",
        help="save it as UTF-8, which every editor can" if utf16 or b"\0" not in error.object else "a spec is text",
    )


def parse(text: str, name: str = "<text>") -> Source:
    """Read a text.

    Raises:
        NetspecError: It is not YAML, or not a mapping.
    """
    with collection_paused():
        spent = cost.Cost()
        reader = Reader(name, text, _events(text, name, spent), spent)
        try:
            first = next(reader.events, None)
            if first is None or first[0] != "map":
                _refuse_format(text, name)
                raise _not_a_mapping(first, text, name)
            data = reader.build(first, ()) or {}
            next(reader.events, None)  # the end of the stream, or an error: a second document
        except yaml.YAMLError as error:
            _refuse_format(text, name)
            from netspec.frontend.syntax_errors import syntax_error  # a valid spec does not need it

            problem = syntax_error(error, text, name)
            raise NetspecError([problem, *(d for d in reader.diagnostics if d.span != problem.span)]) from None
        except UnicodeEncodeError as error:
            line = text.count("\n", 0, error.start) + 1
            span = Span(name, line, 1, line, 1, text)
            raise NetspecError.of(
                Code.YAML_SYNTAX, "the text holds half a character (a surrogate)", span=span
            ) from None
    diagnostics = tuple(reader.diagnostics)
    return Source(name, text, data, reader.values, reader.keys, frozenset(reader.broken), diagnostics)


def _refuse_format(text: str, name: str) -> None:
    """Refuse a text of another format.

    Raises:
        NetspecError: NS0110: the text is of another format.
    """
    from netspec.frontend import formats

    formats.refuse_bytes(text.encode(errors="replace"), name)
    formats.refuse_text(text, name)


def _not_a_mapping(first: Event | None, text: str, name: str) -> NetspecError:
    kinds = {None: "nothing", "seq": "a list"}
    return NetspecError.of(
        Code.NOT_A_MAPPING,
        "a spec is a mapping of keys to values",
        span=Span(name, *(first[4] if first else (1, 1, 1, 1)), text),
        found=kinds.get(first and first[0], "a single value"),
        expected="netspec, name, input, layers, ...",
        help="start with `netspec: 1`",
    )


_KINDS = {
    yaml.ScalarEvent: "scalar",
    yaml.SequenceStartEvent: "seq",
    yaml.MappingStartEvent: "map",
    yaml.SequenceEndEvent: "end",
    yaml.MappingEndEvent: "end",
    yaml.AliasEvent: "alias",
}


def _events(text: str, name: str, spent: cost.Cost) -> Iterator[Event]:
    """The parser's events of one document, each counted.

    Raises:
        YAMLError: The text is not YAML.
        NetspecError: There is a second document, or there are too many events.
    """
    loader = _Parser(text)
    most = cost.MAX_VALUES
    documents = 0
    try:
        while (event := loader.get_event()) is not None:
            kind = _KINDS.get(type(event))
            start, end = event.start_mark, event.end_mark
            place = (start.line + 1, start.column + 1, end.line + 1, end.column + 1)
            if kind != "end" and kind is not None:
                spent.values += 1
                if spent.values > most or (kind == "scalar" and "$" in event.value):
                    spent.check(event.value if kind == "scalar" else None, Span(name, *place, text))
            if kind == "scalar":
                plain = event.tag in (None, "!") and event.implicit[0]
                tag = PLAIN if plain else event.tag if event.tag not in (None, "!") else TAG + "str"
                yield kind, event.value, tag, event.anchor, place
            elif kind == "end":
                yield kind, None, PLAIN, None, place
            elif kind == "alias":
                yield kind, event.anchor, PLAIN, None, place
            elif kind is not None:
                yield kind, bool(event.flow_style), event.tag or PLAIN, event.anchor, place
            elif type(event) is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise NetspecError.of(
                        Code.YAML_SYNTAX,
                        "a second document begins",
                        span=Span(name, *place, text),
                        help="a spec is one document: take the `---` away",
                    )
    finally:
        loader.dispose()
