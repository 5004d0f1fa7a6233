"""The test file of a network: the statements of its spec, checked against torch."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from netspec import api
from netspec.backends.expressions import document, literal_text
from netspec.backends.layout import Group, Text, layout, prefixed
from netspec.backends.templates import fill
from netspec.companions.names import importing
from netspec.companions.proof import WORD, proven_python
from netspec.driver.elaboration import refuse_detector
from netspec.program.naming import network_class
from netspec.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netspec.driver.spec import Spec
    from netspec.graph import Graph, Input, Value


def test_file(spec: Spec, module: str) -> str:
    """The text of a test file that imports the network's class from a module.

    Raises:
        NetspecError: The spec is wrong. NS0913: it is a detector's.
    """
    graph = api.elaborate(spec)
    refuse_detector(graph)
    weights = api.analyze(spec).weights.total
    parameters = weights.params
    floats = [name for name, v in {**graph.outputs, **graph.side_outputs}.items() if v.dtype.startswith("float")]
    learns = bool(floats) and weights.trainable != 0
    only = next(iter(graph.outputs))

    def render(imported: str, cls: str, names: Mapping[str, str], name: str) -> str:
        constants = [f"NAME = {literal_text(names[only])}"]
        constants += _shapes("OUTPUTS", {names[key]: value for key, value in graph.outputs.items()})
        if graph.side_outputs:
            constants += layout("SIDE_OUTPUTS = ", document(tuple(names[key] for key in graph.side_outputs)), "", 0)
        if learns:
            constants += layout("LEARNED = ", document(tuple(names[key] for key in floats)), "", 0)
        if parameters is not None:
            constants += [f"PARAMETERS = {parameters:_}", f"STATE_DICT = {literal_text(_digest(graph))}"]
        return fill(
            "test.py.j2",
            version=__version__,
            name=name,
            digest=spec.digest,
            cls=cls,
            imported=imported,
            made="\n".join(layout("network = ", Group(f"{cls}(", (), ")"), "", 4)),
            constants=constants,
            examples="\n".join(_examples(graph.inputs)),
            parameters=parameters,
            learns=learns,
            repeatable=all(node.layer.repeatable for node in graph.nodes.values()),
            sides=bool(graph.side_outputs),
        )

    names = {key: key for key in (*graph.outputs, *graph.side_outputs)}
    inert = {key: f"{WORD}{number}" for number, key in enumerate(names)}

    def pair(imported: str, cls: str) -> str:
        texts = render(imported, cls, names, spec.name), render(imported, cls, inert, WORD)
        return proven_python(*texts, "the test file")

    return importing(pair, module, network_class(spec.name))


test_file.__test__ = False  # type: ignore[attr-defined]  # to pytest its name looks like a test's


def _shapes(name: str, values: Mapping[str, Value]) -> list[str]:
    """A statement that gives the shapes of tensors, without the batch, by their names."""
    items = tuple(prefixed(f"{literal_text(key)}: ", document(value.shape)) for key, value in values.items())
    return layout(f"{name} = ", Group("{", items, "}", "list"), "", 0)


def _examples(inputs: Mapping[str, Input]) -> list[str]:
    """The statement that returns random inputs; integers are 0, an index that every table has."""
    made = []
    for each in inputs.values():
        sizes = (Text("batch"), *(Text(str(size)) for size in each.shape))
        if each.dtype == "float32":
            made.append(Group("torch.randn(", sizes, ")"))
        else:
            made.append(Group("torch.zeros(", (*sizes, Text(f"dtype=torch.{each.dtype}")), ")"))
    return layout("return ", Group("[", tuple(made), "]", "list"), "", 4)


def _digest(graph: Graph) -> str:
    """A digest of the keys and shapes of the state_dict, as the test file computes it."""
    listed = "\n".join(f"{key} {tuple(weight.shape)}" for key, weight in graph.state_dict.items())
    return hashlib.sha256(listed.encode()).hexdigest()[:16]
