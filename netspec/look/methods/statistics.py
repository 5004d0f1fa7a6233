"""Numbers of every layer: the spread of activations and gradients, dead units, saturation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, nan

import torch
from torch import Tensor
from torch.nn import functional as F

from netspec.graph import Node
from netspec.layers.traits import ANYTHING, Bounds
from netspec.look.figures import Chart, Charts, Curve, Figure
from netspec.look.method import Method, Options
from netspec.look.opened import Opened, Seen
from netspec.look.recording import recordable, recorded
from netspec.picture.captions import family
from netspec.shape import product

_EXAMPLES = 128
"""The most examples that are counted."""
_VALUES = 4096
"""The values of a batch of which percentiles are taken, at most, for each layer."""
_NEAR = 0.025
"""The share of the range between two bounds at either end where a value counts as saturated."""
_NAMED, _LINE = 5, 100
"""The most layers with dead units that words name, and the letters of the line that they have room in."""
_MOST = 2**25
"""The most activations of a batch: with gradients, all are there at once."""


@dataclass(slots=True)
class _Count:
    """What was counted of a layer, batch by batch.

    Attributes:
        values: How many values.
        zeros: How many of them are 0.
        saturated: How many lie at a bound; None where the layer has none.
        broken: How many are not finite.
        alive: Whether each unit was ever anything but 0.
        total: The sum of the finite values.
        square: The sum of their squares.
        some: Some of the values.
        gradients: The sum of the gradients' squares, and their number.
    """

    values: int = 0
    zeros: int = 0
    saturated: int | None = None
    broken: int = 0
    alive: Tensor | None = None
    total: float = 0.0
    square: float = 0.0
    some: list[Tensor] = field(default_factory=list)
    gradients: tuple[float, int] = (0.0, 0)

    def add(self, value: Tensor, ends: Bounds) -> None:
        """Count a batch of values [N, units, ...]."""
        value = value.detach().float()
        flat = value.flatten()
        finite = flat[flat.isfinite()].double()
        self.values += flat.numel()
        self.broken += flat.numel() - finite.numel()
        self.zeros += int((flat == 0).sum())
        self.total += float(finite.sum())
        self.square += float(finite.square().sum())
        self.some.append(finite[:: -(-finite.numel() // _VALUES) or 1].float().cpu())
        if all(map(isfinite, ends)):
            near = _NEAR * (ends[1] - ends[0])
            at = int(((flat - ends[0] < near) | (ends[1] - flat < near)).sum())
            self.saturated = (self.saturated or 0) + at
        alive = (value != 0).transpose(0, 1).flatten(1).any(1)
        self.alive = alive if self.alive is None else self.alive | alive

    def add_gradient(self, gradient: Tensor) -> None:
        """Count a batch of gradients."""
        total, count = self.gradients
        self.gradients = total + float(gradient.double().square().sum()), count + gradient.numel()

    @property
    def mean(self) -> float:
        """The mean of the finite values."""
        count = self.values - self.broken
        return self.total / count if count else nan

    @property
    def deviation(self) -> float:
        """Their standard deviation."""
        count = self.values - self.broken
        return max(self.square / count - self.mean**2, 0.0) ** 0.5 if count else nan

    @property
    def dead(self) -> int:
        """Units that were 0 everywhere, for every example."""
        return 0 if self.alive is None else int((~self.alive).sum())

    @property
    def units(self) -> int:
        """Its units: maps, or outputs of a linear layer."""
        return 0 if self.alive is None else len(self.alive)

    @property
    def gradient(self) -> float:
        """The root of the gradients' mean square."""
        total, count = self.gradients
        return (total / count) ** 0.5 if count else nan

    def percentiles(self) -> tuple[float, float]:
        """The 5th and the 95th."""
        values = torch.cat(self.some)
        if not values.numel():
            return nan, nan
        low, high = values.quantile(torch.tensor((0.05, 0.95))).tolist()
        return low, high

    def facts(self) -> dict[str, float | int | None]:
        """The numbers as plain data; None for what cannot be told."""
        low, high = self.percentiles()
        return {
            "units": self.units,
            "dead_units": self.dead,
            "mean": _known(self.mean),
            "deviation": _known(self.deviation),
            "percentile_5": _known(low),
            "percentile_95": _known(high),
            "zeros": self.zeros / self.values,
            "saturated": None if self.saturated is None else self.saturated / self.values,
            "not_finite": self.broken,
            "gradient": _known(self.gradient),
        }


def _look(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    """The spread of the layers' values for the images, or for some of the data, in one figure."""
    inputs, targets, of = opened.batch(images, _EXAMPLES)
    nodes = {key: opened.graph.nodes[key] for key in _layers(opened, options)}
    counts = {key: _Count() for key in nodes}

    def take(key: str, value: Tensor) -> None:
        counts[key].add(value, _bounds(nodes[key]))
        if value.requires_grad:
            value.register_hook(counts[key].add_gradient)

    at_once = max(1, min(64, _MOST // max(1, sum(_numel(node) for node in opened.graph.nodes.values()))))
    learns = opened.gives_classes
    rows = torch.arange(len(inputs)).split(at_once)
    for few in rows:
        leaf = inputs[few].clone().requires_grad_(learns)
        with recorded(opened, nodes, take), torch.set_grad_enabled(learns):
            answers = opened.answer(leaf)
            if learns and answers.requires_grad:
                scores = opened.scores(answers.float())
                aims = scores.argmax(1) if targets is None else targets[few]
                aims = aims if options.target is None else torch.full_like(aims, options.target)
                loss = F.cross_entropy(scores, aims, reduction="sum")
                torch.autograd.grad(loss, leaf, allow_unused=True)  # leaves the weights' own gradients alone
    yield _figure(counts, of, "likeliest class" if targets is None else "own class", opened, options)


def _figure(counts: Mapping[str, _Count], of: str, aim: str, opened: Opened, options: Options) -> Charts:
    found = list(counts.values())
    spread = [each.percentiles() for each in found]
    lows, highs = [low for low, _ in spread], [high for _, high in spread]
    shares = [
        Curve("dead units", [100 * each.dead / each.units for each in found]),
        Curve("zeros", [100 * each.zeros / each.values for each in found]),
    ]
    if any(each.saturated is not None for each in found):
        at = [nan if each.saturated is None else 100 * each.saturated / each.values for each in found]
        shares.append(Curve("saturated", at))
    charts = [
        Chart([Curve("mean", [each.mean for each in found], lows, highs)], "activation"),
        Chart(shares, "share in %", limits=(-3, 103)),
    ]
    if any(isfinite(each.gradient) for each in found):
        charts.append(Chart([Curve("gradient", [each.gradient for each in found])], "RMS gradient", logarithmic=True))
    dead = {key: each.dead for key, each in counts.items() if each.dead}
    each_of = [f"{key} {count:,} of {counts[key].units:,}" for key, count in dead.items()]
    named = _in_line(each_of, sum(dead.values()))
    if options.target is not None:
        aim = opened.class_name(options.target)
    lines = [
        f"of {of}; the band is from the 5th to the 95th percentile",
        f"dead units, 0 throughout: {named or 'none'}",
        f"the gradient by the activations is that of the cross entropy with the {aim}" if len(charts) > 2 else "",
    ]
    broken = sum(each.broken for each in found)
    note = f"{broken:,} of {sum(each.values for each in found):,} activations are not finite" if broken else ""
    lines.append(f"{note}, and left out" if note else "")
    return Charts(
        name="statistics",
        title="Activations and gradients, layer by layer",
        subtitle="\n".join(filter(None, lines)),
        remark=f"of {of}, dead units: {named or 'none'}" + (f"; {note}" if note else ""),
        places=list(counts),
        axis="layers, from the first to the last",
        charts=charts,
        facts={"of": of, "layers": {key: each.facts() for key, each in counts.items()}},
    )


def _in_line(each_of: Sequence[str], total: int) -> str:
    """Dead units by layer, as many as a line of a figure holds."""
    if len(each_of) < 2:
        return "".join(each_of)
    told = f"{total:,} in {len(each_of):,} layers"
    for number in range(1, min(len(each_of), _NAMED) + 1):
        left = len(each_of) - number
        more = [f"and {left:,} {'layer' if left == 1 else 'layers'} more"] if left else []
        longer = f"{total:,} in {len(each_of):,} layers: {', '.join([*each_of[:number], *more])}"
        if number > 1 and len(longer) > _LINE:
            break
        told = longer
    return told


def _layers(opened: Opened, options: Options) -> list[str]:
    """The layers that are asked for; or those that activate, and the last one."""
    there = recordable(opened)
    if asked := {node.key for node in options.nodes(opened)}:
        return [key for key in there if key in asked] or sorted(asked)
    nodes = opened.graph.nodes
    acting = [key for key in there if nodes[key].activation is not None or family(nodes[key]) == "activation"]
    return list(dict.fromkeys([*acting, *there[-1:]])) if acting else there


def _bounds(node: Node) -> Bounds:
    """The numbers between which the results of an activation lie."""
    if node.activation is not None:
        return node.activation.bounds(node.output_shapes, (ANYTHING,))
    if len(node.inputs) != 1 or node.weights:
        return ANYTHING
    return node.layer.bounds(node.input_shapes, (ANYTHING,))


def _numel(node: Node) -> int:
    return sum(product(shape) for shape in node.output_shapes)


def _known(value: float) -> float | None:
    return value if isfinite(value) else None


def _fits(opened: Opened, images: Sequence[Seen]) -> str:
    return "" if images or opened.recipe is not None else "needs an image, or the data of a run"


METHOD = Method("activations, gradients, dead units and saturation, layer by layer", _look, fits=_fits)
