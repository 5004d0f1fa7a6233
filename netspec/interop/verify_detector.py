"""Comparison of a detector with a reference: what both find in images, and what both lose in training.

A detector is no function of one tensor: it scales images, and what it finds decides what its heads see. So both get the
same images of different sizes, and boxes in them; the settings of what makes boxes are compared one by one, since
images show few of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from netspec.diagnostics import Code, NetspecError
from netspec.files.python_file import place
from netspec.interop.bench import gradient_of
from netspec.interop.modules import Apart
from netspec.interop.numbers import compare, compare_outputs
from netspec.interop.result import Check, Parting, Verification
from netspec.interop.training_mode import statistics_checks
from netspec.interop.verify import Comparison, Settings, Subject

SHORT, LONG = 128, 192
"""Pixels to which images of any size are scaled at most, so that a comparison takes seconds."""

BOXES, SMALLEST = 8, 8
"""The number of boxes in an image, and the side of the smallest in pixels."""

_MACHINERY = "torchvision."
"""The home of classes whose objects are no modules and have settings: matchers, coders, samplers."""

_WITHOUT_EFFECT = frozenset({*vars(nn.Module()), "inplace"})
"""Attributes that change no answer; others may, though torchvision calls some of them private."""

Answer = TypeVar("Answer")


def verify_detector(subject: Subject, reference: nn.Module, against: str, settings: Settings) -> Verification:
    """Compare a detector with a reference, whose weights are overwritten.

    Args:
        subject: The spec's detector.
        reference: The other one, called as torchvision's are.
        against: The reference, as the user named it.
        settings: The settings of the comparison; `batch` counts images.

    Raises:
        NetspecError: NS0605: a rule of the spec's section `weights` has no value. NS0908: the reference fails.
    """
    return _Detectors(subject, reference, against, settings).run()


class _Detectors(Comparison):
    """One running comparison of detectors."""

    def macs(self) -> Check:
        """The spec's figure; torch counts no detector's on the meta device, where nothing can be found."""
        remark = "torch cannot count the reference's: what it finds in an image decides what runs"
        return Check("MACs", "unknown", self.analysis.work.total, remark=remark)

    def numbers(self) -> tuple[list[Check], Apart, Parting | None]:
        """Checks of what both find in evaluation and lose in training, of gradients, statistics and settings."""
        self.share_weights()
        apart = _apart(self.ours, self.theirs)
        for network in (self.ours, self.theirs):
            _make_smaller(network)
            network.requires_grad_(True)
        checks = [self._found(), *self._trained()]
        settings = Check("settings", "equal")
        if apart:
            remark = f"{len(apart)} apart, first"
            settings = Check("settings", "different", where=next(iter(apart)), remark=remark)
        return [*checks, settings], apart, None

    def _found(self) -> Check:
        """Boxes, labels and scores in evaluation; of any score where the reference finds none above its threshold."""
        images, _ = self._examples()
        for network in (self.ours, self.theirs):
            network.eval()
        with torch.no_grad():
            theirs = self._called(self.theirs, images)
            if not _boxes(theirs):
                for network in (self.ours, self.theirs):
                    _take_all(network)
                theirs = self._called(self.theirs, images)
            ours = self._called(self.ours, images)
        found = compare_outputs("outputs", ours, theirs, self.settings.tolerance)
        here, there = (f"{_boxes(each)} boxes" for each in (ours, theirs))
        return _with_figures(found, here, there)

    def _trained(self) -> Iterator[Check]:
        """Losses in training, the gradients of their sum, and what batch normalisation learns meanwhile."""
        images, targets = self._examples()
        losses = []
        for network in (self.ours, self.theirs):
            network.train()
            try:
                losses.append(self._called(network, images, targets))
            except ValueError as error:  # batch normalisation needs more than one value
                yield Check("training outputs", "unknown", remark=f"a step fails: {error}")
                return
        ours, theirs = losses
        found = compare_outputs("training outputs", ours, theirs, self.settings.tolerance)
        yield _with_figures(found, *(f"{len(each)} losses" for each in losses))
        for each in losses:
            sum(each.values()).backward()
        mine, other = (dict(network.named_parameters(remove_duplicate=False)) for network in (self.ours, self.theirs))
        pairs = [
            (name, mine[name].grad, gradient_of(made, other))
            for name, made in self.made.items()
            if name in mine and all(part.name in other for part in made.parts)
        ]
        yield compare("gradients", pairs, self.settings.tolerance)
        yield from statistics_checks(self.bench, self.made, self.settings.tolerance)

    def _examples(self) -> tuple[list[Tensor], list[dict[str, Tensor]]]:
        """Images of different sizes, and boxes in each; the same at every call."""
        generator = torch.Generator().manual_seed(self.settings.seed)
        detection = self.analysis.graph.detection
        assert detection is not None
        images, targets = [], []
        for n in range(self.settings.batch):
            height, width = (int(side) for side in torch.randint(80, 160, (2,), generator=generator))
            images.append(torch.rand(3, height + n % 7, width, generator=generator))
            corner = torch.rand(BOXES, 2, generator=generator) * torch.tensor([width, height]) / 2
            widest = min(height, width) / 2 / SMALLEST
            side = SMALLEST * widest ** torch.rand(BOXES, 1, generator=generator)  # as many small ones as large ones
            extent = side * (0.8 + 0.2 * torch.rand(BOXES, 2, generator=generator))
            labels = torch.randint(min(1, detection.classes - 1), detection.classes, (BOXES,), generator=generator)
            targets.append({"boxes": torch.cat([corner, corner + extent], 1), "labels": labels})
        return images, targets

    def _called(self, network: nn.Module, *given: Any) -> Any:
        """What a network gives; both draw their samples under one seed.

        Raises:
            NetspecError: NS0908: the reference fails.
        """
        torch.manual_seed(self.settings.seed)
        if network is self.ours:
            return network(*given)
        return _of_reference(lambda: network(*given), self.against)


def _of_reference(call: Callable[[], Answer], against: str) -> Answer:
    try:
        return call()
    except ValueError:
        raise
    except Exception as error:
        message = f"the reference {against} takes no list of images: {type(error).__name__}: {error}"
        file = Path(against.rpartition(":")[0])
        span = place(file, error) if file.suffix == ".py" else None
        raise NetspecError.of(Code.REFERENCE_FAILED, message, span=span) from error


def _with_figures(check: Check, ours: str, theirs: str) -> Check:
    """A check that shows these figures."""
    return replace(check, ours=ours, theirs=theirs)


def _boxes(found: Any) -> int:
    """The number of boxes in all images."""
    return sum(len(each["boxes"]) for each in found)


def _make_smaller(network: nn.Module) -> None:
    """Let a network scale images to fewer pixels, unless it takes one size alone."""
    transform: Any = getattr(network, "transform", None)
    if transform is not None and getattr(transform, "fixed_size", None) is None:
        transform.min_size = tuple(min(each, SHORT) for each in transform.min_size)
        transform.max_size = min(transform.max_size, LONG)


def _take_all(network: nn.Module) -> None:
    """Let a network find boxes of any score."""
    for module in network.modules():
        if hasattr(module, "score_thresh"):
            module.score_thresh = 0.0  # type: ignore[assignment]


def _apart(ours: nn.Module, theirs: nn.Module) -> Apart:
    """Settings of modules of one path, and of what they hold, that differ: ours and theirs, by their path."""
    there = dict(theirs.named_modules())
    found: Apart = {}
    for path, module in ours.named_modules():
        if path not in there:
            continue
        here, other = dict(_settings(module)), dict(_settings(there[path]))
        for name in here.keys() & other.keys():
            if not _alike(here[name], other[name]):
                found[f"{path}.{name}" if path else name] = f"{here[name]}", f"{other[name]}"
    return dict(sorted(found.items()))


def _settings(holder: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The plain attributes of a module, and of the matchers, coders and samplers that it holds."""
    for name, value in vars(holder).items():
        if name in _WITHOUT_EFFECT:
            continue
        if _is_plain(value):
            yield f"{prefix}{name}", value
        elif type(value).__module__.startswith(_MACHINERY) and not isinstance(value, nn.Module):
            yield from _settings(value, f"{prefix}{name}.")


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    if isinstance(value, Mapping):
        return all(map(_is_plain, value.values()))
    return value is None or isinstance(value, (bool, int, float, str))


def _alike(ours: Any, theirs: Any) -> bool:
    """Whether two values are equal, as lists or as tuples, one number or as many for the axes."""
    a, b = _frozen(ours), _frozen(theirs)
    short = [each[0] if isinstance(each, tuple) and len(set(each)) == 1 else each for each in (a, b)]
    return bool(a == b or short[0] == short[1])


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, (tuple, list)) else value
