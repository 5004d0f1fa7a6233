"""An image that is moved, turned or enlarged step by step, and what becomes of a network's maps and of its answer.

A convolution's map moves with the image: it is equivariant. Where no border is seen the moved map is the map of the
moved image, exactly. A stride breaks that between its multiples, where high frequencies fold into low ones; a blur
before the stride mends most of it (Zhang, "Making convolutional networks shift-invariant again", 2019).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from netspec.analysis.seen_input import Seen as Sight
from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import typed
from netspec.driver.elaboration import refuse_detector
from netspec.driver.spec import Spec
from netspec.look.figures import Array
from netspec.look.method import Options
from netspec.look.opened import Opened, Seen
from netspec.look.opening import open_network
from netspec.look.recording import recordable, recorded

Way = Literal["right", "down", "turn", "scale"]

WAYS: Mapping[Way, tuple[str, str, str]] = {
    "right": ("moved to the right", "pixels to the right", "pixel"),
    "down": ("moved down", "pixels down", "pixel"),
    "turn": ("turned clockwise", "degrees", "degree"),
    "scale": ("enlarged", "pixels of width more", "pixel"),
}
"""What is done to an image: in words, the steps, and one of them."""

MOST = 256
"""The most steps."""

_ROUNDING = 1e-6
"""The share of a map's mean up to which two maps count as equal: float32 sums depend on the order of their terms."""

_TOGETHER = 32
"""Changed images that run together."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a network makes of one image that is changed step by step, from none on.

    Attributes:
        name: The network's name.
        weights: The origin of its weights, in words.
        image: The image's name.
        way: The way it is changed.
        steps: How many steps.
        pictures: The first, the middle and the last of the changed images, each behind its step, uint8 [H, W, 3].
        class_name: The name of the class; empty where the network gives none.
        scores: The probability of the class at each step; empty without one.
        maps: The differences of maps at each step by layer: the mean distance of the map of the moved image from
            the moved map of the image, as a share of the mean of the map, where no border is seen; nan where a step
            leaves no such place.
        strides: The stride of each of those layers in pixels of the image.
    """

    name: str
    weights: str
    image: str
    way: Way
    steps: int
    pictures: tuple[tuple[int, Array], ...]
    class_name: str
    scores: tuple[float, ...]
    maps: Mapping[str, tuple[float, ...]]
    strides: Mapping[str, int]

    def __repr__(self) -> str:
        change = "" if self.per_step is None else f", {self.per_step:.4g} per step"
        return f"<Moved {self.name}: {self.image} {self.way}, {self.steps} steps{change}>"

    def _repr_html_(self) -> str:
        """What notebooks show: the curves, the images and the numbers."""
        from netspec.look.shift_figures import parts
        from netspec.report.writers.html import body

        return body(parts([self]))

    @property
    def words(self) -> tuple[str, str, str]:
        """What is done to the image: in words, the steps, and one of them."""
        return WAYS[self.way]

    @property
    def per_step(self) -> float | None:
        """The mean change of the probability from one step to the next; None without a class."""
        if not self.scores:
            return None
        pairs = zip(self.scores, self.scores[1:], strict=False)
        return sum(abs(after - before) for before, after in pairs) / self.steps

    def largest(self, layer: str) -> float | None:
        """The largest difference of a layer's maps; None where none could be compared."""
        found = [each for each in self.maps[layer] if not math.isnan(each)]
        return max(found, default=None)


@typed
def shift(
    source: Spec | str | Path,
    image: str | Path,
    *,
    way: Way = "right",
    steps: int = 8,
    layers: str | Sequence[str] = (),
    target: str | int | None = None,
    weights: str | Path | None = None,
    seed: int = 0,
    max_entries: int | None = None,
    **params: Any,
) -> Moved:
    """Change an image step by step, and see what becomes of a network's maps and of its answer.

        >>> netspec.shift("runs/lenet-1", "digit.png").per_step

    Args:
        source: The folder of a run; or a loaded spec, or an argument for `load`.
        image: A file.
        way: ``right`` and ``down`` move it pixel by pixel, its border repeated; ``turn`` turns it by degrees,
            ``scale`` enlarges its width by pixels, both about its middle and between pixels linearly.
        steps: How many steps.
        layers: Paths of layers whose maps are compared, of moves alone; the last of the first stride, and of the last
            two, if empty.
        target: The name or the number of a class; None takes the likeliest of the image as it is.
        weights: Trained weights, as for `netspec.load_weights`.
        seed: The seed of random weights.
        max_entries: As `netspec.load` takes it.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec, the run's files or the image is wrong. NS0804: the network takes no images, or gives
            neither classes nor maps. NS0501: it has no such layer.
    """
    if not 1 <= steps <= MOST:
        raise ValueError(f"steps are 1 to {MOST}")
    opened = open_network(source, weights=weights, seed=seed, max_entries=max_entries, **params)
    refuse_detector(opened.graph)
    options = Options(
        layers=(layers,) if isinstance(layers, str) else tuple(layers),
        target=None if target is None else opened.class_number(str(target)),
    )
    return moved(opened, opened.see(Path(image)), way, steps, options)


def moved(opened: Opened, seen: Seen, way: Way, steps: int, options: Options) -> Moved:
    """What an opened network makes of an image that is changed.

    Raises:
        NetspecError: As `shift`.
    """
    asked = [node.key for node in options.nodes(opened)]
    places = _places(opened, asked, way)
    if opened.outputs is None and not places:
        message = f"`{opened.name}` gives no classes, and no maps that move with an image"
        raise NetspecError.of(Code.DATA_MISMATCH, message)
    inputs = torch.cat([changed(seen.inputs, way, step) for step in range(steps + 1)])
    kept: dict[str, list[Tensor]] = {key: [] for key in places}
    scores: list[float] = []
    target = options.target_of(opened, seen) if opened.outputs is not None else None
    for batch in inputs.split(_TOGETHER):
        take = recorded(opened, list(places), lambda key, value: value.detach().clone())
        with take as found, torch.inference_mode():
            outputs = opened.answer(batch)
        for key, maps in found.items():
            kept[key].append(maps)
        if target is not None:
            scores += probabilities(opened, outputs)[:, target].tolist()
    axis = 1 if way == "down" else 2
    apart = {
        key: tuple(_difference(torch.cat(kept[key]), sight, step, inputs.shape[axis + 1]) for step in range(steps + 1))
        for key, sight in places.items()
    }
    if not asked:
        able = [key for key, found in apart.items() if not all(map(math.isnan, found[1:]))]
        apart = {key: apart[key] for key in dict.fromkeys([*able[:1], *able[-2:]])}
    shown = (0, steps // 2, steps) if steps > 1 else (0, 1)
    return Moved(
        name=opened.name,
        weights=opened.weights,
        image=seen.name,
        way=way,
        pictures=tuple((step, opened.picture(inputs[step])) for step in shown),
        class_name=opened.class_name(target) if target is not None else "",
        scores=tuple(scores),
        maps=apart,
        strides={key: places[key].step for key in apart},
        steps=steps,
    )


def probabilities(opened: Opened, outputs: Tensor) -> Tensor:
    """The probabilities of classes: as the recipe's loss reads outputs, else the softmax of their scores."""
    told = opened.probabilities(outputs)
    return opened.scores(outputs).softmax(1) if told is None else told


def changed(inputs: Tensor, way: Way, step: int) -> Tensor:
    """Inputs [N, C, H, W] moved by pixels, turned by degrees, or enlarged by pixels of their width."""
    height, width = inputs.shape[2:]
    if way in ("right", "down"):
        axis, size = (3, width) if way == "right" else (2, height)
        places = (torch.arange(size, device=inputs.device) - step).clamp(min=0)
        return inputs.index_select(axis, places)
    if way == "turn":
        angle = math.radians(step)
        a, b = math.cos(angle), math.sin(angle)
        turn = [[a, b * height / width, 0.0], [-b * width / height, a, 0.0]]
    else:
        shrink = width / (width + step)
        turn = [[shrink, 0.0, 0.0], [0.0, shrink, 0.0]]
    matrix = torch.tensor([turn], device=inputs.device, dtype=inputs.dtype).expand(len(inputs), -1, -1)
    grid = F.affine_grid(matrix, list(inputs.shape), align_corners=False)
    return F.grid_sample(inputs, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _places(opened: Opened, asked: Sequence[str], way: Way) -> dict[str, Sight]:
    """The layers whose maps are compared, and what their elements see along the axis of the move."""
    if way not in ("right", "down"):
        if asked:
            message = f"no map of `{asked[0]}` is compared of an image that is {WAYS[way][0]}: it has no moved map"
            raise NetspecError.of(Code.DATA_MISMATCH, message, help="leave out the layer, or move the image")
        return {}
    found: dict[str, Sight] = {}
    at = 0 if way == "down" else 1
    for key in asked or recordable(opened):
        (value, *_) = opened.graph.nodes[key].outputs
        extents = opened.analysis.receptive.extents[key] or ()
        sight = extents[at] if len(extents) == 2 else None
        moves = isinstance(sight, Sight) and len(sight.spans) == 1 and sight.start is not None
        if moves and isinstance(sight, Sight) and len(value.shape) == 3 and sight.axis == at + 1:
            found[key] = sight
        elif key in asked:
            message = f"the maps of `{key}` do not move with the image: each element sees all of it, or it has no maps"
            raise NetspecError.of(Code.DATA_MISMATCH, message, help="name a layer before it")
    if asked:
        return found
    by_stride = {sight.step: key for key, sight in found.items()}
    return {key: found[key] for key in by_stride.values()}


def _difference(maps: Tensor, sight: Sight, step: int, size: int) -> float:
    """The distance of the maps of a moved image from the moved maps of the image, where no border is seen.

    Between multiples of the layer's stride the moved map is interpolated linearly.

    Args:
        maps: Of each step [steps + 1, C, H', W'].
        sight: What an element sees along the axis of the move.
        step: The pixels that the image moved.
        size: The image's pixels along that axis.
    """
    axis = sight.axis
    before, after = (maps[at].movedim(axis, 0).double() for at in (0, step))
    start, extent, stride = sight.start or 0, sight.size, sight.step
    whole, part = divmod(step, stride)
    # Element i sees from start + i stride on. Moved by `step` pixels it has to lie in the image, and so unmoved.
    first = max(0, -(start // stride) if start < 0 else 0)
    last = min(len(before) - 1, (size - step - start - extent) // stride)
    if part:  # the two neighbours that are interpolated
        last -= 1
        whole += 1
    last = min(last, len(after) - 1 - whole)
    if last < first:
        return math.nan
    own = before[first : last + 1]
    if part:
        # Place i + whole of the moved map lies `stride - part` pixels before the moved place i + 1.
        share = (stride - part) / stride
        own = (1 - share) * own + share * before[first + 1 : last + 2]
    reached = after[first + whole : last + 1 + whole]
    mean = float(own.abs().mean())
    apart = float((reached - own).abs().mean())
    if apart <= _ROUNDING * mean:
        return 0.0
    return apart / mean if mean else math.nan
