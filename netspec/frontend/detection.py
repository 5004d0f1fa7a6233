"""The section `detector`: its kind and options, and whether the network has the parts that the kind needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from netspec.detectors import registry
from netspec.detectors.base import Detector, Part
from netspec.diagnostics import Code, unknown
from netspec.diagnostics.facts import Unknown, WrongType
from netspec.diagnostics.number_of import number_of
from netspec.frontend.entries import Entry
from netspec.frontend.options import given, place_of, problems_of, wrong_options
from netspec.frontend.options import takes as words_of
from netspec.frontend.problems import Failed, Report, kind_of
from netspec.frontend.source import Path_
from netspec.graph import Detection, Graph, Scope, Value
from netspec.shape import spell

if TYPE_CHECKING:
    from netspec.frontend.elaborate import Elaborator

KEY = "detector"


def read_detector(data: Any, report: Report) -> Entry | None:
    """The section as an entry; None where its form is wrong, which is reported."""
    written = {data: None} if isinstance(data, str) else data
    kinds = registry()
    if not isinstance(written, dict) or not written:
        told = {"found": kind_of(data), "expected": f"one of {', '.join(kinds)}, with its options"}
        fact = WrongType(KEY, ())
        report.add(Code.WRONG_TYPE, "a detector is its kind's name, or a mapping", (KEY,), fact=fact, **told)  # type: ignore[arg-type]
        return None
    operation = next((key for key in written if key in kinds), next(iter(written)))
    path: Path_ = (KEY,)
    if operation not in kinds:
        at = (*path, operation) if isinstance(data, dict) else path
        fact_of = unknown(str(operation), kinds, listed=kinds)
        message = f"there is no detector `{operation}`"
        report.add(Code.BAD_DETECTOR, message, at, key=isinstance(data, dict), fact=fact_of)
        return None
    options = {key: value for key, value in written.items() if key != operation}
    entry = Entry(path, operation, written[operation], options)
    kind = kinds[operation]
    known = list(kind.option_fields())

    def wrong(key: str) -> Unknown:
        return unknown(key, known, owner=operation)

    sound = report.extend(
        wrong_options(entry, known, kind.main, kind.required(), wrong, lambda option: words_of(kind, option))
    )
    return entry if sound else None


def with_detection(el: Elaborator, graph: Graph) -> Graph:
    """The graph with what makes a detector of it.

    Raises:
        NetspecError: An option is wrong, or the network lacks a part that the kind needs.
    """
    entry = el.document.detector
    if entry is None:
        return graph
    try:
        kind = _kind(el, entry, graph.root.source.variables)
        calls = _Parts(el, graph, kind).calls()
    except Failed:
        el.report.check(partial=graph)
        raise
    channels = {path: channels_of(made) for path, made in calls.items()}
    regional = {part.path for part in kind.parts() if part.on == "region"}
    regional |= {part.path for part in kind.parts() if part.on in regional}
    per_region = frozenset(key for path in regional for scope in calls[path] for key in scope.node_keys())
    assembly = kind.assembly(channels, next(iter(graph.inputs.values())).shape)
    return replace(graph, detection=Detection(kind, assembly, kind.classes(assembly, channels), per_region))


def _kind(el: Elaborator, entry: Entry, variables: Mapping[str, Any]) -> Detector:
    """The kind with its options, which are checked.

    Raises:
        Failed: An option has no value, or a wrong one.
    """
    cls = registry()[entry.operation]
    found: dict[str, Any] = {}
    for name, raw in given(entry, cls).items():
        found[name] = el.value(raw, place_of(name, entry, cls), variables)
    try:
        kind = cls.model_validate(found)
    except ValidationError as error:
        el.report.extend(problems_of(error, cls, entry, el.report.places))
        raise Failed from None
    for name, has, wants in kind.wrong():
        place = (KEY, name) if el.report.places.has((KEY, name)) else (KEY,)
        message = f"`{name}` does not go with the other options of `{cls.kind}`"
        raise el.report.failure(Code.BAD_DETECTOR, message, place, found=has, expected=wants)
    return kind


def channels_of(calls: Sequence[Scope]) -> tuple[int, ...]:
    """The channels of each result of a part."""
    return tuple(value.shape[0] for value in calls[0].source.results)


class _Parts:
    """The parts of a network, and what they run on."""

    def __init__(self, el: Elaborator, graph: Graph, kind: Detector) -> None:
        self.el = el
        self.graph = graph
        self.kind = kind
        self.name = type(kind).kind
        self.wanted = {part.path: part for part in kind.parts()}

    def calls(self) -> Mapping[str, Sequence[Scope]]:
        """The calls of each part, in order.

        Raises:
            Failed: A part is missing, runs on something else, or gives something else.
        """
        found: dict[str, list[Scope]] = {path: [] for path in self.wanted}
        for scope in _tops(self.graph.root):
            if scope.path not in found or not scope.level:
                self.refuse_stray(scope)
            found[scope.path].append(scope)
        for path, part in self.wanted.items():
            if not found[path]:
                message = f"`{self.name}` takes a part `{path}`, which the network lacks"
                raise self.fail(message, (KEY,), expected=f"{part.words}, with `name: {path}`")
        if self.graph.side_outputs:
            raise self.fail(f"`{self.name}` has no side branches: its losses are its own", (KEY,))
        image, *others = self.inputs(found)
        levels = self.levels(found["backbone"], image)
        for path, part in self.wanted.items():
            if path == "backbone":
                continue
            if part.on == "levels":
                self.check(part, found[path], [(level,) for level in levels])
            elif part.on == "pyramid":
                self.check(part, found[path], [levels])
            else:
                on = others if part.on == "region" else found[part.on][0].source.results
                self.check(part, found[path], [on])
        unequal = self.kind.unequal({path: channels_of(made) for path, made in found.items()})
        if unequal is not None:
            message, place = f"`{unequal.path}` gives {unequal.message}", self.place(found[unequal.path][0])
            raise self.fail(message, place, found=unequal.found, expected=unequal.expected)
        return found

    def inputs(self, found: Mapping[str, Sequence[Scope]]) -> tuple[Value, ...]:
        """The network's inputs: images, and where a kind has regions, what is cut out for one."""
        shapes = list(self.graph.inputs.items())
        regional = any(part.on == "region" for part in self.wanted.values())
        wanted = "an image, and what is cut from the levels for one region" if regional else "an image"
        if len(shapes) != 1 + regional:
            message = f"`{self.name}` takes {'two inputs' if regional else 'one input'}: {wanted}"
            raise self.fail(message, ("inputs",), found=f"{len(shapes)}")
        name, image = shapes[0]
        place = ("inputs", name) if self.el.report.places.has(("inputs", name)) else ("input",)
        if len(image.shape) != 3 or image.shape[0] != 3 or image.dtype != "float32":
            found_, expected = f"{spell(image.shape)} of {image.dtype}", "[3, height, width], as float32"
            raise self.fail(f"`{self.name}` takes images of three colours", place, found=found_, expected=expected)
        divisor = self.kind.divisor
        if divisor is not None and any(size % divisor for size in image.shape[1:]):
            expected = f"multiples of {divisor}, to which batches are padded"
            message = f"no batch of `{self.name}` has images of this size"
            raise self.fail(message, place, found=spell(image.shape), expected=expected)
        height, width = image.shape[1:]
        if isinstance(height, int) and isinstance(width, int) and (reason := self.kind.untaken(height, width)):
            message = f"`{self.name}` takes no image of this size"
            help = "make its sides more alike, or raise `max_size`"
            raise self.fail(message, place, found=f"one {reason}", help=help)
        return tuple(Value(key, 0, each.shape, each.dtype) for key, each in shapes)

    def levels(self, calls: Sequence[Scope], image: Value) -> tuple[Value, ...]:
        """The levels of the pyramid."""
        self.check(Part("backbone", "image", (), self.wanted["backbone"].words), calls, [(image,)])
        levels: tuple[Value, ...] = calls[0].source.results
        place = self.place(calls[0])
        wanted = len(self.kind.anchors())
        if len(levels) != wanted:
            message = f"`backbone` gives {number_of(len(levels), 'level')}, and `{self.name}` has anchors for {wanted}"
            help = "`sizes` has a list for each level"
            raise self.fail(message, place, found=f"{len(levels)}", expected=f"{wanted}", help=help)
        together = any(part.on == "pyramid" for part in self.wanted.values())
        if any(len(level.shape) != 3 for level in levels) or not (
            together or len({each.shape[0] for each in levels}) == 1
        ):
            shown = ", ".join(spell(level.shape) for level in levels)
            message = "levels are maps" if together else "levels are maps of one number of channels"
            raise self.fail(message, place, found=shown)
        self.check_order(levels, image, place)
        region = self.kind.region(tuple(level.shape for level in levels))
        if region is not None:
            name, given_ = list(self.graph.inputs.items())[1]
            if given_.shape != region:
                message = f"what is cut from the levels for one region is {spell(region)}"
                raise self.fail(message, ("inputs", name), found=spell(given_.shape), expected=f"{list(region)}")
        return levels

    def check_order(self, levels: Sequence[Value], image: Value, place: Path_) -> None:
        """Make sure that the finest level comes first, and that the options are those of levels of these sizes."""
        shapes = tuple([level.shape for level in levels])
        if any(b > a for one, other in pairwise(shapes) for a, b in zip(one[1:], other[1:], strict=True)):
            finest = sorted(shapes, key=lambda shape: shape[1:], reverse=True)
            found, expected = (", ".join(map(spell, each)) for each in (shapes, finest))
            message = f"`backbone` gives a coarse level before a finer one, and `{self.name}` takes the finest first"
            raise self.fail(message, place, found=found, expected=expected)
        wrong = self.kind.unlike(image.shape, shapes)
        if wrong is not None:
            name, found, expected = wrong
            message = f"`{name}` does not go with the levels that `backbone` gives"
            at = (KEY, name) if self.el.report.places.has((KEY, name)) else (KEY,)
            raise self.fail(message, at, found=found, expected=expected)

    def check(self, part: Part, calls: Sequence[Scope], on: Sequence[Sequence[Value]]) -> None:
        """Make sure that a part runs on these inputs, in this order, and on nothing else, and what it gives."""
        for number, call in enumerate(calls):
            wanted = [(value.key, value.index) for value in on[number]] if number < len(on) else []
            if [(value.key, value.index) for value in call.source.inputs] != wanted:
                message = f"`{part.path}` runs on something else than `{self.name}` gives it"
                raise self.fail(message, self.place(call), expected=self.said(part))
            self.check_results(part, call)
        if len(calls) < len(on):
            message = f"`{part.path}` runs on {len(calls)} of {len(on)} levels"
            help = f"`{{reuse: {part.path}, from: ...}}` runs it on the next"
            raise self.fail(message, self.place(calls[0]), expected=self.said(part), help=help)

    def check_results(self, part: Part, call: Scope) -> None:
        """Make sure that a call of a part gives as many results, and channels, as the kind needs."""
        results: Sequence[Value] = call.source.results
        if not part.results:
            return
        place = self.place(call)
        if len(results) != len(part.results):
            message = f"`{part.path}` gives {number_of(len(results), 'result')}"
            raise self.fail(message, place, found=f"{len(results)}", expected=part.words)
        given_ = call.source.inputs
        sizes = {"levels": [given_[0].shape[1:]] * len(results), "pyramid": [each.shape[1:] for each in given_]}
        multiples = part.multiples or (1,) * len(results)
        rows = zip(results, part.results, multiples, sizes.get(part.on, [()] * len(results)), strict=True)
        for value, channels, multiple, size in rows:
            wrong = value.shape[0] != channels if channels is not None else value.shape[0] % multiple
            if wrong or value.shape[1:] != size:
                first = f"{channels}" if channels is not None else f"a multiple of {multiple}"
                expected = f"[{', '.join([first, *map(str, size)])}]"
                message = f"`{part.path}` gives something else than `{self.name}` reads"
                raise self.fail(message, place, found=spell(value.shape), expected=expected, help=part.words)

    def said(self, part: Part) -> str:
        """What a part runs on, in words."""
        on = {
            "image": "the image",
            "levels": "each level that `backbone` gives, in order",
            "pyramid": "all levels that `backbone` gives, in order",
            "region": "what is cut from the levels for one region, the network's second input",
        }
        return on.get(part.on, f"what `{part.on}` gives")

    def refuse_stray(self, scope: Scope) -> None:
        """Refuse an entry of the network that is none of the parts.

        Raises:
            Failed: In any case.
        """
        path, listed = scope.path, ", ".join(self.wanted)
        if path in self.wanted:
            message = f"`{path}` is a part of `{self.name}`, and no layer alone"
            raise self.fail(message, self.place(scope), expected=self.wanted[path].words)
        message = f"`{path}` is no part of `{self.name}`, which would not run it"
        fact = self.el.report.unknown(path, self.wanted)
        raise self.fail(message, self.place(scope), expected=f"one of {listed}", fact=fact)

    def place(self, scope: Scope) -> Path_:
        """The place of a call's entry."""
        entry = scope.source.entry
        return entry.path if entry is not None else (KEY,)

    def fail(self, message: str, place: Path_, **told: Any) -> Failed:
        """Note an error; the result is to be raised."""
        return self.el.report.failure(Code.BAD_DETECTOR, message, place, **told)


def _tops(scope: Scope) -> Iterator[Scope]:
    """The calls at the top of a network: levels and layers, without the groups and repeats around them."""
    for part in scope.parts():
        if part.level or part.kind == "layer":
            yield part
        else:
            yield from _tops(part)
