"""A spec's program and its Python source."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from netspec.diagnostics.arguments import typed
from netspec.driver.spec import APART, Spec, given
from netspec.graph import Graph

if TYPE_CHECKING:
    from netspec.backends.proof import Source
    from netspec.program.classes import Program

_MOST = 64
"""The networks whose sources are known."""

_known: dict[tuple[object, ...], Source] = {}
"""Sources by what they are made of, the latest last."""

_knowing = Lock()


def lower(spec: Spec | str | Path, **params: Any) -> Program:
    """The program of a spec, proven equal to its graph; arguments as for `generate`.

    Raises:
        NetspecError: The spec is wrong.
    """
    from netspec.lowering import lower as lowered

    loaded = given(spec, params)
    return lowered(loaded.document, loaded.graph)


@typed
def generate(spec: Spec | str | Path, **params: Any) -> Source:
    """The network as standalone Python source; torch is its only import.

    Args:
        spec: A loaded spec, or an argument for `load`.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec is wrong.
    """
    loaded = given(spec, params)
    return source_of(loaded, loaded.graph)


def source_of(spec: Spec, graph: Graph) -> Source:
    """The source of a spec for one of its graphs, such as that of another input shape."""
    from netspec.backends.source import render
    from netspec.lowering import lower as lowered

    return render(lowered(spec.document, graph), graph, spec.digest)


def known_source_of(spec: Spec, graph: Graph) -> Source:
    """As `source_of`, made once for networks that are alike: those of trials that differ in their recipes, of seeds."""
    made_of = _made_of(spec, graph)
    with _knowing:
        found = _known.pop(made_of, None)
    found = source_of(spec, graph) if found is None else found
    with _knowing:
        _known[made_of] = found
        if len(_known) > _MOST:
            del _known[next(iter(_known))]
    return found


def _made_of(spec: Spec, graph: Graph) -> tuple[object, ...]:
    """All that a source is made of: what is written, the shapes that flow in, and the classes of layers."""
    written = {key: value for key, value in spec.document.places.data.items() if key not in APART}
    inputs = tuple((name, value.shape, value.dtype) for name, value in graph.inputs.items())
    layers = tuple((type(node.layer), type(node.activation)) for node in graph.nodes.values())
    return repr(written), spec.document.inference, inputs, layers


def out_of_step(spec: Spec, file: Path) -> str:
    """The unified diff from a built file to the source that its spec generates today; empty if they are equal.

    Raises:
        NetspecError: The spec is wrong, or the file cannot be read.
    """
    from netspec.backends import step

    return step.out_of_step(file, generate(spec))
