"""Images that excite a class or a unit most, found by climbing the gradient from noise.

Erhan et al., "Visualizing higher-layer features of a deep network", 2009; blur against high frequencies: Yosinski et
al., "Understanding neural networks through deep visualization", 2015; jitter: Mordvintsev et al., "Inceptionism", 2015;
total variation: Mahendran and Vedaldi, "Understanding deep image representations by inverting them", 2015.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from netspec.diagnostics import Code, NetspecError
from netspec.graph import Node
from netspec.look.figures import Figure, Panel, Panels
from netspec.look.method import Method, Options
from netspec.look.opened import Opened, Seen
from netspec.look.recording import recordable, recorded
from netspec.look.stems import stem

_STEPS = 64
_RATE = 0.02
"""The mean change of a pixel in a step, as a share of the range of pixels."""
_JITTER = 16
"""An image is moved by up to so many of its length's parts before each step."""
_EVERY = 4
"""Steps between blurs."""
_SMOOTH = 0.05
"""The weight of the total variation, against a gradient of mean 1."""
_MOST = 10
"""The most images of a figure."""

Score = Callable[[Tensor], Tensor]
"""Images [N, C, H, W] to a number for each, [N]."""


def _look(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    """A figure of one unit of each layer that is asked for; or else of a class, or of the first ten."""
    nodes = [node for node in options.nodes(opened) if node.key in set(recordable(opened))]
    if options.layers and not nodes:
        raise NetspecError.of(Code.DATA_MISMATCH, f"`{options.layers[0]}` passes no module of the network")
    for node in nodes:
        yield _of_units(opened, node, options)
    if not nodes:
        yield _of_classes(opened, options)


def _of_classes(opened: Opened, options: Options) -> Panels:
    if opened.outputs is None:
        raise NetspecError.of(Code.DATA_MISMATCH, f"`{opened.name}` gives no classes: say which --layer and --unit")
    targets = [options.target] if options.target is not None else list(range(min(opened.outputs, _MOST)))
    names = [opened.class_name(each) for each in targets]
    aims = torch.tensor(targets, device=opened.device)

    def score(inputs: Tensor) -> Tensor:
        return opened.scores(opened.answer(inputs)).gather(1, aims[:, None])[:, 0]

    what = names[0] if len(names) == 1 else f"{len(names)} of {opened.outputs:,} classes"
    what = "each class" if len(names) == opened.outputs else what
    name = f"dream-{stem(names[0])}" if options.target is not None else "dream"
    return _figure(opened, names, score, name, f"Images that excite {what} most", options)


def _of_units(opened: Opened, node: Node, options: Options) -> Panels:
    count = node.outputs[0].shape[0]
    if options.unit is not None and options.unit >= count:
        expected = f"a number from 0 to {count - 1}"
        raise NetspecError.of(Code.DATA_MISMATCH, f"`{node.key}` has no unit {options.unit}", expected=expected)
    units = [options.unit] if options.unit is not None else list(range(min(count, _MOST)))

    def score(inputs: Tensor) -> Tensor:
        with recorded(opened, [node.key], lambda _, value: value) as found:
            opened.module(inputs)
        value = found[node.key].flatten(2).mean(2) if found[node.key].ndim > 2 else found[node.key]
        return torch.stack([value[index, unit] for index, unit in enumerate(units)])

    names = [f"unit {unit}" for unit in units]
    what = f"unit {units[0]}" if len(units) == 1 else f"{len(units)} of {count:,} units"
    name = f"dream-{stem(node.key)}" + (f"-unit-{units[0]}" if options.unit is not None else "")
    return _figure(opened, names, score, name, f"{node.key}: images that excite {what} most", options)


def _figure(opened: Opened, names: Sequence[str], score: Score, name: str, title: str, options: Options) -> Panels:
    found, before, after = climbed(opened, len(names), score, options.seed)
    panels = [
        Panel(f"{each}: {value:.3g}", opened.picture(image))
        for each, image, value in zip(names, found, after.tolist(), strict=True)
    ]
    return Panels(
        name=name,
        title=title,
        subtitle=f"{_STEPS} steps from noise, with jitter and blur; the number is what is climbed",
        panels=panels,
        facts={
            "names": list(names),
            "before": [_known(value) for value in before.tolist()],
            "after": [_known(value) for value in after.tolist()],
            "steps": _STEPS,
            "seed": options.seed,
        },
    )


def climbed(opened: Opened, count: int, score: Score, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Images [N, C, H, W] with large scores, and the scores [N] at the start and at the end.

    Args:
        opened: The network.
        count: How many images.
        score: Gives a score for each image of a batch.
        seed: Of the noise and of the jitter.
    """
    low, high = opened.range_of_inputs()
    span = high - low
    generator = torch.Generator().manual_seed(seed)
    shape = opened.input_shape
    noise = torch.randn((count, *shape), generator=generator).to(opened.device)
    images = (low + span * (0.5 + 0.05 * noise)).clamp(low, high)
    before: Tensor | None = None
    for step in range(_STEPS):
        move = [
            int(torch.randint(-(size // _JITTER), size // _JITTER + 1, (), generator=generator)) for size in shape[1:]
        ]
        moved = images.roll(move, (2, 3)).requires_grad_()
        with torch.enable_grad():
            scores = score(moved)
            (slope,) = torch.autograd.grad(scores.sum(), moved)
        before = scores.detach() if before is None else before
        moved = moved.detach()
        slope = _normed(slope).sub_(_normed(_roughness(moved / span)), alpha=_SMOOTH).nan_to_num_()
        moved = slope.mul_(_RATE * span).add_(moved).roll([-each for each in move], (2, 3))
        if step % _EVERY == 0 and step < _STEPS * 3 // 4:
            moved = _blurred(moved)
        images = moved.clamp_(low, high)
    with torch.no_grad():
        after = score(images)
    assert before is not None
    return images, before.cpu(), after.cpu()


def _normed(gradient: Tensor) -> Tensor:
    """Gradients whose mean size is 1 in each image."""
    size = torch.linalg.vector_norm(gradient, 1, (1, 2, 3), keepdim=True) / gradient[0].numel()
    normed: Tensor = gradient / size.clamp_(min=1e-12)
    return normed


def _roughness(images: Tensor) -> Tensor:
    """Half of the gradient of the total variation, the sum of the squared differences of neighbours."""
    found = torch.zeros_like(images)
    for axis in (2, 3):
        rise, length = images.diff(dim=axis), images.shape[axis] - 1
        found.narrow(axis, 1, length).add_(rise)
        found.narrow(axis, 0, length).sub_(rise)
    return found


def _blurred(images: Tensor) -> Tensor:
    """Images under a binomial kernel of 3x3, their borders repeated."""
    for axis in (2, 3):
        length = images.shape[axis]
        first, last = images.narrow(axis, 0, 1), images.narrow(axis, length - 1, 1)
        wide = torch.cat((first, images, last), axis)
        images = images * 0.5
        images.add_(wide.narrow(axis, 0, length), alpha=0.25).add_(wide.narrow(axis, 2, length), alpha=0.25)
    return images


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


METHOD = Method("images that excite a class, or a unit of --layer, most, climbed from noise", _look, unasked=False)
