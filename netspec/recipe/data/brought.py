"""What a plugin's data set gives, held against what every data set gives. Imports no torch in this file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, NetspecError
from netspec.functional.examples import Data, Images

if TYPE_CHECKING:
    from torch import Tensor


def check_brought(key: str, data: Any, classes: int | None) -> None:
    """Make sure that a plugin's data can be trained on.

    Args:
        key: The data set's name.
        data: What its reader gives.
        classes: The number of its classes, where its class says one.

    Raises:
        NetspecError: NS0906: it is no `Data`, or a part of it holds something else than images and their targets.
    """
    wrong = None if isinstance(data, Data) else f"its reader gives a value of the type `{type(data).__name__}`"
    if not wrong:
        parts = {"train": data.train, "test": data.test, "validation": data.validation}
        found = {name: _fault(part, classes) for name, part in parts.items() if part is not None or name == "train"}
        wrong = next((f"its part `{name}` {fault}" for name, fault in found.items() if fault), None)
    if not wrong:
        kinds = {name: _kind(part) for name, part in parts.items() if part is not None}
        odd = next((name for name, kind in kinds.items() if kind != kinds["train"]), None)
        wrong = odd and f"its part `{odd}` has {kinds[odd]}, and `train` {kinds['train']}"
    if not wrong and not (isinstance(data.classes, tuple) and all(isinstance(name, str) for name in data.classes)):
        wrong = "its `classes` are no tuple of texts"
    elif not wrong and data.classes and len(data.classes) != (classes or len(data.classes)):
        wrong = f"it names {len(data.classes)} classes of {classes}"
    if wrong:
        expected = "a netspec.functional.examples.Data, whose parts are Images: uint8 or float32, and as many targets"
        message = f"the data set `{key}` of a plugin does not fit: {wrong}"
        raise NetspecError.of(Code.PLUGIN_FAILED, message, expected=expected)


def _fault(part: Any, classes: int | None) -> str | None:
    """What is wrong with a part, as the end of a sentence; None for nothing."""
    import torch

    if not isinstance(part, Images):
        return f"is of the type `{type(part).__name__}`"
    images, targets = part.images, part.targets
    if not isinstance(images, torch.Tensor) or images.dtype not in (torch.uint8, torch.float32) or images.ndim < 2:
        return "has images that are no tensor [N, ...] of uint8 or float32"
    if not len(images):
        return "has no images"
    if not images.isfinite().all():
        return "has images with numbers that are not finite"
    if targets is None:
        return None
    if not isinstance(targets, torch.Tensor) or targets.ndim < 1 or len(targets) != len(images):
        return "has other than one target for each image"
    if not targets.isfinite().all():
        return "has targets that are not finite"
    labels = part.labels
    if labels is None or classes is None:
        return None
    if labels.dtype != torch.int64:
        return f"has classes of {str(labels.dtype).removeprefix('torch.')}, not of int64"
    low, high = int(labels.min()), int(labels.max())
    return None if low >= 0 and high < classes else f"has labels from {low} to {high}, and {classes} classes"


def _kind(part: Images) -> str:
    """The form of a part's examples, in which all parts are alike."""
    told = "no targets" if part.targets is None else f"targets of {_form(part.targets)}"
    return f"images of {_form(part.images)} and {told}"


def _form(tensor: Tensor) -> str:
    return f"{list(tensor.shape[1:])} in {str(tensor.dtype).removeprefix('torch.')}"
