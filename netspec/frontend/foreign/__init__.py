"""Names of layers in other tools and papers: torch, Keras, JAX and the literature.

All words are looked up in one way: without the part in front of the dots, without `_` and capitals, and with `#d` for
the number of dimensions in it. So `torch.nn.Dropout2d`, `dropout2d` and `Dropout_2D` are `dropout#d`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from netspec.diagnostics import unknown
from netspec.diagnostics.facts import Unknown
from netspec.frontend.foreign.keras import KERAS
from netspec.frontend.foreign.papers import PAPERS
from netspec.frontend.foreign.torch_nn import TORCH
from netspec.frontend.foreign.word import Word

__all__ = ["Meant", "Word", "meant_by", "unknown_layer", "without_module"]

_MODULES = re.compile(
    r"(?:(?:torch|nn|functional|F|tf|tensorflow|keras|layers|ops|activations|flax|linen|jax|haiku|hk|eqx|equinox|mx|gluon"
    r"|optim|losses|optimizers|schedules|lr_scheduler|metrics|torchmetrics|classification|regression|paddle|timm|models|torchvision|modules|math|compat|v1|python|snt|sonnet)\.)+(?=[A-Za-z])"
)
"""Prefixes of a layer's name in programs."""

_DIMENSIONS = re.compile(r"_?([123])[dD](?![a-z])")

_WORDS: Mapping[str, Word] = {**PAPERS, **KERAS, **TORCH}
"""Foreign words. If two tools use one name differently, torch's meaning counts: netspec's names are torch's."""


class Meant(NamedTuple):
    """The meaning of a word, and the number of dimensions in it."""

    word: Word
    dimensions: int | None


def without_module(name: str) -> str:
    """A name without what programs write around it: `Conv2d` of `torch.nn.Conv2d`, `ReLU` of `nn.ReLU()`."""
    name = name.removesuffix("()")
    return _MODULES.sub("", name, count=1) if _MODULES.match(name) else name


def unknown_layer(name: str, known: Iterable[str]) -> Unknown:
    """The fact of an unknown layer, with the meaning: that of another tool's word, or a similar known name."""
    found = meant_by(name)
    if found is None:
        return unknown(name, known, sought=without_module(name))
    word = found.word
    return Unknown(name, meant=word.op, certain=word.exact and not word.adds, note=word.note)


def meant_by(name: str) -> Meant | None:
    """The meaning of a layer's name in another tool or a paper; None if none of them knows it."""
    plain = without_module(name)
    found = _DIMENSIONS.search(plain)
    dimensions = int(found[1]) if found else None
    folded = _DIMENSIONS.sub("#d", plain).replace("_", "").replace("-", "").replace(" ", "").lower()
    word = _WORDS.get(folded)
    return Meant(word, dimensions) if word is not None else None
