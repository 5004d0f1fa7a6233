"""Targets that plugin layers emit, resolved before source is written: carried along, imported, or refused.

A target begins with ``torch.``, or with ``netspec.nn.``, whose texts built source carries. Any other is a definition
in the file of the layer that emits it, by its bare name or after the file's own, or ``module.name`` of a module that
Python can import.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from netspec.diagnostics import Code, NetspecError
from netspec.graph import Graph, Node
from netspec.layers import is_builtin
from netspec.layers.base import Layer
from netspec.lowering.free_names import RESERVED
from netspec.lowering.origins import find_module, holds
from netspec.program import Call, Function
from netspec.program.carried import OWN, carried, carried_classes, carried_functions
from netspec.program.foreign import Definition, Foreign, Import
from netspec.program.names import SIGNS
from netspec.program.naming import network_class
from netspec.program.python_file import NotCarried, PythonFile

MEANT = {
    "torch": "torch",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "Tensor": "torch.Tensor",
    "OrderedDict": "collections.OrderedDict",
    "Sequence": "collections.abc.Sequence",
}
"""Names that built source imports; a plugin's file may import them too."""

WAYS = (
    "name a class of torch, one that the plugin's file defines (it is carried along), or `module.Class` of a module "
    "that Python can import"
)

FUTURE = Import("__future__", "annotations")


class PluginFile(PythonFile):
    """The statements of a plugin's file, by the names that they bind.

    Raises:
        NotCarried: It cannot be read.
    """

    def __init__(self, path: str) -> None:
        try:
            super().__init__(path, Path(path).read_text(encoding="utf-8"))
        except (OSError, SyntaxError, ValueError) as error:
            raise NotCarried(f"cannot be read from {path}: {error}") from None

    def closure(self, name: str) -> tuple[tuple[Import, ...], tuple[Definition, ...]]:
        """The definition of a name and all its dependencies: imports, and definitions in the file's order.

        Raises:
            NotCarried: The file does not define the name, or does not define one of its dependencies.
        """
        if name not in self.definitions:
            raise NotCarried(f"is not defined in {self.path}")
        imports: set[Import] = {FUTURE} if FUTURE in self.imports.get("annotations", ()) else set()
        made: set[Definition] = set()
        pending, seen = [name], {name}
        while pending:
            here = pending.pop()
            imports.update(self.imports.get(here, ()))
            for definition in self.definitions.get(here, ()):
                if definition not in made:
                    made.add(definition)
                    needed = self.needed(definition)
                    pending.extend(each for each in needed if each not in seen)
                    seen.update(needed)
        return tuple(sorted(imports)), tuple(sorted(made))


def foreign_targets(graph: Graph) -> tuple[Foreign, ...]:
    """Targets that a network's layers call outside torch and netspec, in order of target.

    Raises:
        NetspecError: NS0920: a target cannot be written, carried or imported. NS0921: two targets have one name.
    """
    found: dict[str, Foreign] = {}
    files: dict[str, PluginFile] = {}
    for node, layer, call in _emitted(graph):
        _check(node, layer, call)
        made = _origin(node, layer, call.target, files)
        if made is not None and (before := found.setdefault(call.target, made)) != made:
            _clash(node, made.name, *(" and ".join(_bindings(each).values()) for each in (before, made)))
    ordered = tuple(found[target] for target in sorted(found))
    if ordered:
        _refuse_clashes(ordered, graph)
    return ordered


def bound_names(foreign: tuple[Foreign, ...], graph: Graph) -> set[str]:
    """Names that built source binds for foreign targets, and for what it carries of `netspec.nn`."""
    return {name for each in foreign for name in _bindings(each)} | _own(graph).keys()


def _emitted(graph: Graph) -> Iterator[tuple[Node, Layer, Call]]:
    """Calls that plugin layers emit; a test checks that the targets of netspec's own layers exist."""
    for node in graph.nodes.values():
        if not is_builtin(type(node.layer)):
            yield node, node.layer, node.call
        if node.activation is not None and not is_builtin(type(node.activation)):
            yield node, node.activation, node.activation.emit_function()


def _check(node: Node, layer: Layer, call: Call) -> None:
    """Refuse arguments that cannot be written as text."""
    for value in (*call.args, *call.kwargs.values()):
        if not _is_plain(value):
            _refuse(
                node,
                layer,
                f"an argument of `{call.target}` has no text",
                f"a value of the type `{type(value).__name__}`",
                expected="numbers, texts, truth values, None, and lists, tuples and dicts of these",
                help="give what the text of the call can hold, and let the module make the rest of it",
            )


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(_is_plain, value.values()))
    return value is None or isinstance(value, (bool, int, float, str)) or hasattr(value, "expr")


def _origin(node: Node, layer: Layer, target: str, files: dict[str, PluginFile]) -> Foreign | None:
    """The origin of a target; None if it is torch's, netspec's, a sign or a method."""
    if target in SIGNS or target.startswith("."):
        function = layer is not node.layer or isinstance(node.call, Function)
        if not function or "." in target[1:]:
            _refuse(node, layer, f"`{target}` makes no module")
        return None
    module, _, name = target.rpartition(".")
    if module and (module == "torch" or module.startswith("torch.")):
        _in_torch(node, layer, module, name)
        return None
    if target.startswith(OWN):
        if name not in carried_classes() + carried_functions() or target != OWN + name:
            _refuse(node, layer, f"`netspec.nn` has no `{name}`")
        return None
    own = sys.modules.get(type(layer).__module__)
    file = getattr(own, "__file__", None)
    if _is_own(module, type(layer).__module__, file) and find_module(type(layer).__module__) is None:
        return _carried(node, layer, target, name, file, files)
    return _imported(node, layer, target, module or type(layer).__module__, name)


def _is_own(module: str, defined: str, file: str | None) -> bool:
    """Whether a target's module is its layer's own file: no module, the layer's module, or the name of its file."""
    stem = re.split(r"[\\/]", file or "")[-1].removesuffix(".py")
    return module in ("", defined, stem)


def _carried(
    node: Node, layer: Layer, target: str, name: str, file: str | None, files: dict[str, PluginFile]
) -> Foreign:
    try:
        if file is None:
            raise NotCarried("stands in no file")
        if file not in files:
            files[file] = PluginFile(file)
        return Foreign(target, name, *files[file].closure(name))
    except NotCarried as error:
        _refuse(node, layer, f"`{name}` cannot be carried into built source: it {error}")


def _imported(node: Node, layer: Layer, target: str, module: str, name: str) -> Foreign:
    found = find_module(module)
    if found is None:
        _refuse(node, layer, f"built source cannot import `{target}`: there is no module `{module}`")
    if not holds(found, name):
        _refuse(node, layer, f"built source cannot import `{target}`: `{module}` has no `{name}`")
    return Foreign(target, name, (Import(module, name),))


def _in_torch(node: Node, layer: Layer, module: str, name: str) -> None:
    """Refuse a name that torch does not have, if torch is installed."""
    if find_module("torch") is None:
        return
    found = find_module(module)
    if found is None or not holds(found, name):
        _refuse(node, layer, f"torch has no `{module}.{name}`")


def _refuse_clashes(foreign: tuple[Foreign, ...], graph: Graph) -> None:
    """Refuse two meanings of one name in built source."""
    node = next(iter(graph.nodes.values()))
    meant = dict.fromkeys(RESERVED, "what netspec writes itself") | _own(graph)
    meant |= MEANT | {network_class(graph.name): "the network"}
    for each in foreign:
        for name, what in _bindings(each).items():
            if meant.setdefault(name, what) != what:
                _clash(node, name, meant[name], what)


def _own(graph: Graph) -> dict[str, str]:
    """The names that the statements of `netspec.nn` which a network calls bind and import, and their meanings."""
    calls = [each.call for each in graph.nodes.values()]
    calls += [each.activation.emit_function() for each in graph.nodes.values() if each.activation is not None]
    names = [call.target.removeprefix(OWN) for call in calls if call.target.startswith(OWN)]
    imports = carried(names).imports
    return dict.fromkeys(names, "what netspec writes itself") | {each.binds: each.dotted for each in imports}


def _bindings(each: Foreign) -> dict[str, str]:
    """The names that a foreign target binds, and their meanings."""
    made = {name: f"{made.file}:{made.line}" for made in each.definitions for name in made.names}
    return made | {made.binds: made.dotted for made in each.imports if made != FUTURE}


def _refuse(
    node: Node, layer: Layer, message: str, found: str | None = None, expected: str | None = None, help: str = WAYS
) -> NoReturn:
    raise NetspecError.of(
        Code.FOREIGN_TARGET,
        f"the layer `{layer.op}` cannot be built: {message}",
        span=node.span,
        found=found,
        expected=expected,
        help=help,
    )


def _clash(node: Node, name: str, one: str, other: str) -> NoReturn:
    raise NetspecError.of(
        Code.NAME_CLASH,
        f"built source would give `{name}` two meanings: {one}, and {other}",
        span=node.span,
        help=f"give the plugin's another name, or the spec where its network is `{name}`",
    )
