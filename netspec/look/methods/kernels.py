"""The kernels of convolutions: of the first one as colours, of a deeper one by the maps that it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from torch import Tensor, nn

from netspec.diagnostics import Code, NetspecError
from netspec.graph import Node
from netspec.look.figures import Figure, Scale, Tiles
from netspec.look.method import Method, Options
from netspec.look.opened import Opened, Seen
from netspec.look.stems import stem

_FILTERS = 192
"""The most kernels of a figure in colours."""
_OUT, _IN = 12, 16
"""The most rows and columns of a figure by maps."""


def _look(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    """The kernels of the layers that are asked for, or of the first convolution."""
    asked = options.nodes(opened)
    if bad := next((node.path for node in asked if not has_kernels(node)), None):
        if len(asked) == 1:
            raise NetspecError.of(Code.DATA_MISMATCH, f"`{bad}` has no kernels: it is no convolution of images")
        asked = [node for node in asked if has_kernels(node)]
    nodes = asked or _convolutions(opened)[:1]
    for node in {node.path: node for node in nodes}.values():
        yield kernels_of(opened, node, options)


def kernels_of(opened: Opened, node: Node, options: Options) -> Tiles:
    """The figure of a convolution's kernels: in colours if it reads colours, else by the maps that it reads."""
    weight = _kernels(opened, node).detach().float().cpu()
    colours = weight.shape[1] == 3 and node.inputs[0].key in opened.graph.inputs
    return _in_colours(node.path, weight, options) if colours else _by_maps(node.path, weight, options)


def _in_colours(path: str, weight: Tensor, options: Options) -> Tiles:
    """Kernels [out, 3, H, W] as colours, all on one scale: 0 is middle grey."""
    chosen = weight if options.unit is None else weight[_unit(path, weight, options.unit)]
    shown = chosen[:_FILTERS].permute(0, 2, 3, 1).numpy()
    finite = np.abs(shown[np.isfinite(shown)])
    most = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    shares = np.nan_to_num(0.5 + shown / (2 * most), nan=0.5, posinf=1.0, neginf=0.0)
    broken = int((~np.isfinite(shown)).any(axis=(1, 2, 3)).sum())
    notes = [f"0 is middle grey; the ends of a channel are {-most:.3g} and {most:.3g}"]
    if broken:
        notes.insert(0, f"{broken} have numbers that are not finite")
    return Tiles(
        name=f"kernels-{stem(path)}",
        title=f"{path}: {_count(len(shown), len(chosen), 'kernel')} of {_size(weight)}, in colours",
        subtitle="; ".join(notes),
        tiles=(shares * 255).round().astype(np.uint8),
        facts={"layer": path, "shown": len(shown), "of": len(chosen)},
    )


def _by_maps(path: str, weight: Tensor, options: Options) -> Tiles:
    """Kernels [out, in, H, W] as numbers: a row for each output map, a column for each input map."""
    out, reads = weight.shape[:2]
    if options.unit is None:
        shown = weight[: _OUT * _IN] if reads == 1 else weight[:_OUT, :_IN]
    else:
        shown = weight[_unit(path, weight, options.unit)][:, : _OUT * _IN]
    rows, columns = shown.shape[:2]
    tiles = shown.flatten(0, 1).numpy()
    single = rows == 1 or columns == 1
    what = _count(len(tiles), out * reads if options.unit is None else reads, "kernel")
    order = "" if single else "; a row for each map it makes, a column for each map it reads"
    of = "" if options.unit is None else f" of map {options.unit}"
    return Tiles(
        name=f"kernels-{stem(path)}" + ("" if options.unit is None else f"-unit-{options.unit}"),
        title=f"{path}: {what}{of}, {_size(weight)}",
        subtitle=f"it makes {_count(out, out, 'map')} of {reads:,}{order}",
        tiles=tiles,
        scale=Scale.of(tiles, "weight", signed=True),
        columns=None if single else columns,
        rows=() if single else tuple(map(str, range(rows))),
        facts={"layer": path, "shown": len(tiles), "of": out * reads if options.unit is None else reads},
    )


def _unit(path: str, weight: Tensor, unit: int) -> slice:
    if unit >= len(weight):
        raise NetspecError.of(
            Code.DATA_MISMATCH, f"`{path}` has no unit {unit}", expected=f"a number from 0 to {len(weight) - 1}"
        )
    return slice(unit, unit + 1)


def _convolutions(opened: Opened) -> list[Node]:
    return [node for node in opened.graph.nodes.values() if has_kernels(node) and not node.reuses]


def has_kernels(node: Node) -> bool:
    """Whether a layer is a convolution of images."""
    weight = node.weights.get("weight")
    return weight is not None and len(weight.shape) == 4 and len(node.outputs[0].shape) == 3


def _kernels(opened: Opened, node: Node) -> Tensor:
    """The kernels of a convolution, [out, in, H, W]."""
    module = opened.module.get_submodule(node.path)
    weight: Tensor = module.weight  # type: ignore[assignment]
    return weight.transpose(0, 1) if isinstance(module, nn.ConvTranspose2d) else weight


def _size(weight: Tensor) -> str:
    return "x".join(map(str, weight.shape[2:]))


def _count(shown: int, there: int, word: str) -> str:
    words = f"{word}{'' if there == 1 else 's'}"
    return f"{there:,} {words}" if shown == there else f"{shown:,} of {there:,} {words}"


def _fits(opened: Opened, images: Sequence[Seen]) -> str:
    return "" if _convolutions(opened) else "needs a network with a convolution"


METHOD = Method("the kernels of the first convolution, or of --layer", _look, detectors="too", fits=_fits)
