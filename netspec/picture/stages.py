"""A network as the table of its stages, as papers have it: a row for each call of a block and each layer outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from netspec.analysis import Analysis
from netspec.analysis.unknown_sums import total
from netspec.graph import Node, Scope
from netspec.objects.immutable import immutable
from netspec.picture import captions
from netspec.picture.block_forms import JOINED, Form, Forms
from netspec.picture.block_titles import plain
from netspec.picture.folding import Folding, alike
from netspec.picture.scene import looped
from netspec.report.loops import Loop, call_in, loop_of

MOST_IN_LINE = 2
"""The largest number of arguments that stand in a stage's row; more are told in a table below the block."""

THEN = ", then "

NOTHING = "nothing"
"""What a stage takes that makes its own tensors, as a constant does."""


@immutable
class Stage:
    """A row: calls of a block, or of a layer with what keeps its shape, that follow each other.

    Attributes:
        name: Where it stands: its module path, or the first and the last.
        what: The block or the layers.
        arguments: What they are called with.
        times: The number of calls.
        shape: The shape that leaves it.
        taken: The stages that it takes from, where that is not the one before alone; `NOTHING` where it takes none.
        params: Learned scalars; None is unknown.
        keys: Its node keys.
        line: Its line in the spec.
        aside: Whether it runs in training alone.
        calls: Of a block, its calls.
        loop: Of a scan, its loop.
    """

    name: str
    what: str
    arguments: str
    times: int
    shape: str
    taken: str
    params: int | None
    keys: tuple[str, ...]
    line: int | None
    aside: bool
    calls: tuple[Scope, ...] = ()
    loop: Loop | None = None


def outside_blocks(scope: Scope, folding: Folding) -> Iterator[Scope | str]:
    """The parts of a network that are stages: calls of blocks, scans of them, structures of branches, layers."""
    for part in scope.children:
        inner = part if isinstance(part, str) else part.innermost()
        if isinstance(inner, str):
            yield inner
        elif inner.kind not in ("block", "scan", *JOINED):
            yield from outside_blocks(inner, folding)
        elif folding.span(inner):
            yield inner


@immutable
class _Item:
    """A stage before alike ones are joined, with what decides whether they are alike."""

    stage: Stage
    layers: tuple[Node, ...]
    form: Form | None


class Stages:
    """The stages of a network.

    Args:
        analysis: The network, analysed.
        forms: Its blocks.
        parts: Its parts, from `outside_blocks`.
    """

    def __init__(self, analysis: Analysis, forms: Forms, parts: Sequence[Scope | str]) -> None:
        self.analysis, self.graph, self.forms = analysis, analysis.graph, forms
        self.calls: dict[str, list[Mapping[str, Any]]] = {}
        outer = [call_in(self.graph, part) for part in parts if not isinstance(part, str)]
        for call in outer:
            self.calls.setdefault(forms.label(call), []).append(call.arguments)
        nested = {id(call) for form in forms.all for call in form.calls} - {id(call) for call in outer}
        self.nested = {forms.label(call) for form in forms.all for call in form.calls if id(call) in nested}
        self._stage_of: dict[str, str] = dict.fromkeys(self.graph.inputs, "")
        self.all = tuple(self._joined(list(self._items(parts))))

    def tabled(self, label: str) -> bool:
        """Whether the arguments of a block stand in a table of their own."""
        return len(self.calls.get(label, ())) > 1 and len(self.telling(label)) > MOST_IN_LINE

    def telling(self, label: str) -> list[str]:
        """The arguments of a block that its calls differ in; of a block that is called once or always alike, all."""
        calls = self.calls[label]
        differ = [name for name in calls[0] if any(each[name] != calls[0][name] for each in calls)]
        return differ or list(calls[0])

    # -- one by one --------------------------------------------------------------------------------

    def _items(self, parts: Sequence[Scope | str]) -> Iterator[_Item]:
        layers: list[Node] = []
        before = ["", *self.graph.inputs][-1]  # the key that gives what flows in the main line: the row above
        for part in parts:
            node = self.graph.nodes[part] if isinstance(part, str) else None
            if node is not None and layers and self._follows(node, layers[-1]):
                layers.append(node)
                continue
            if layers:
                yield self._layers(layers, before)
                before = before if layers[0].training_only else layers[-1].key
            layers = [node] if node is not None else []
            if not isinstance(part, str):
                item = self._call(part, before)
                yield item
                before = before if item.stage.aside else item.stage.keys[-1]
        if layers:
            yield self._layers(layers, before)

    def _follows(self, node: Node, last: Node) -> bool:
        """Whether a layer only changes the values of the one before."""
        same = captions.is_minor(node) and len(node.inputs) == 1 and node.inputs[0].key == last.key
        return same and node.training_only == last.training_only

    def _layers(self, nodes: Sequence[Node], before: str) -> _Item:
        titles = [captions.title(node) for node in nodes]
        what = ", ".join(", ".join(filter(None, (each.op, each.activation))) for each in titles)
        keys = tuple([node.key for node in nodes])
        arguments = titles[0].arguments
        return _Item(self._stage(nodes[0].path, what, arguments, keys, before), tuple(nodes), None)

    def _call(self, scope: Scope, before: str) -> _Item:
        call, loop = call_in(self.graph, scope), loop_of(self.graph, scope)
        form = self.forms.of(call)
        stage = self._stage(call.path, form.label, "", tuple(scope.node_keys()), before)
        return _Item(replace(stage, calls=(call,), loop=loop), (), form)

    def _stage(self, path: str, what: str, arguments: str, keys: tuple[str, ...], before: str) -> Stage:
        nodes = [self.graph.nodes[key] for key in keys]
        own = set(keys)
        outside = dict.fromkeys(value.key for node in nodes for value in node.inputs if value.key not in own)
        names = dict.fromkeys(map(self._name_of, outside))  # a stage may give several tensors
        taken = "" if list(outside) == [before] else ", ".join(names) or NOTHING
        self._stage_of.update(dict.fromkeys(keys, path))
        return Stage(
            name=path,
            what=what,
            arguments=arguments,
            times=1,
            shape=captions.outgoing(self.graph, nodes, keys) or "",
            taken=taken,
            params=total(self.analysis.weights.nodes[key].params for key in keys),
            keys=keys,
            line=nodes[0].span.line if nodes[0].span else None,
            aside=nodes[0].training_only,
        )

    def _name_of(self, key: str) -> str:
        return self._stage_of.get(key) or key

    # -- alike ones as one -------------------------------------------------------------------------

    def _joined(self, items: Sequence[_Item]) -> Iterator[Stage]:
        start = 0
        while start < len(items):
            stop = start + 1
            while stop < len(items) and self._alike(items[start : stop + 1]):
                stop += 1
            yield self._one(items[start:stop])
            start = stop

    def _alike(self, items: Sequence[_Item]) -> bool:
        """Whether the last of some items goes on with what the others do; the first may have another stride."""
        first, last = items[0], items[-1]
        if (
            last.stage.loop
            or last.stage.taken
            or (first.stage.what, first.stage.aside) != (last.stage.what, last.stage.aside)
        ):
            return False
        if first.form is None or last.form is None:
            told = first.stage.arguments == last.stage.arguments
            return told and all(map(alike, first.layers, last.layers))
        one, other = first.stage.calls[0].arguments, last.stage.calls[0].arguments
        if len(items) > 2 and items[1].stage.calls[0].arguments != other:
            return False
        main = next(iter(one), None)
        return main is None or one[main] == other[main]

    def _one(self, items: Sequence[_Item]) -> Stage:
        first, last = items[0].stage, items[-1].stage
        keys = tuple([key for item in items for key in item.stage.keys])
        stage = replace(
            first,
            name=first.name if len(items) == 1 else _from_to(first.name, last.name),
            times=len(items),
            shape=last.shape,
            params=total(item.stage.params for item in items),
            keys=keys,
            calls=tuple([call for item in items for call in item.stage.calls]),
        )
        if items[0].form is None:
            return stage
        what, loop = self._variants(items), first.loop
        what = what if loop is None else looped(what, loop.over, loop.steps)
        return replace(stage, what=what, arguments=self._arguments(stage.calls))

    def _variants(self, items: Sequence[_Item]) -> str:
        """``bottleneck a, b ×2``."""
        forms = [item.form for item in items if item.form is not None]
        runs = [(form.letter, len(list(run))) for form, run in groupby(forms)]
        if not forms[0].letter or len(runs) == 1:
            return forms[0].name
        return f"{forms[0].label} {', '.join(f'{name} ×{n}' if n > 1 else name for name, n in runs)}"

    def _arguments(self, calls: Sequence[Scope]) -> str:
        label = self.forms.label(calls[0])
        if self.tabled(label) or not calls[0].arguments:
            return ""
        main = next(iter(calls[0].arguments))
        texts = [told(calls, name) for name in self.telling(label)]
        parts = [
            text if name == main else f"{name} {text}" for name, text in zip(self.telling(label), texts, strict=True)
        ]
        return ("; " if any(THEN in text for text in texts) else ", ").join(parts)


def told(calls: Sequence[Scope], name: str) -> str:
    """``2, then 1``: an argument of calls that follow each other."""
    return THEN.join(dict.fromkeys(plain(call.arguments[name]) for call in calls))


def _from_to(first: str, last: str) -> str:
    """``layer1.0 – 2``."""
    parent, _, own = first.rpartition(".")
    other, _, end = last.rpartition(".")
    return f"{first} – {end}" if parent == other and own.isdecimal() and end.isdecimal() else f"{first} – {last}"
