"""What other tools and papers call layers: torch, Keras, JAX and the literature.

A word is looked up in one way for all: without what stands in front of its dots, without `_` and capitals, and with
`#d` for the number of dimensions that it bears. So `torch.nn.Dropout2d`, `dropout2d` and `Dropout_2D` are `dropout#d`.
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
    r"|paddle|timm|models|torchvision|modules|math|compat|v1|python|snt|sonnet)\.)+(?=[A-Za-z])"
)
"""What stands in front of a layer's name where programs write it."""

_DIMENSIONS = re.compile(r"_?([123])[dD](?![a-z])")

_WORDS: Mapping[str, Word] = {**PAPERS, **KERAS, **TORCH}
"""Where two call different things by one name, torch's word counts, since netspec's names are torch's."""


class Meant(NamedTuple):
    """What a word means, and the number of dimensions that it says."""

    word: Word
    dimensions: int | None


def without_module(name: str) -> str:
    """A name without the module that programs write in front of it: `Conv2d` of `torch.nn.Conv2d`."""
    return _MODULES.sub("", name, count=1) if _MODULES.match(name) else name


def unknown_layer(name: str, known: Iterable[str]) -> Unknown:
    """A layer that there is not, with what is meant: another tool's word for one, or a known name that is nearly it."""
    found = meant_by(name)
    if found is None:
        return unknown(name, known, sought=without_module(name))
    word = found.word
    return Unknown(name, meant=word.op, certain=word.exact and not word.adds, note=word.note)


def meant_by(name: str) -> Meant | None:
    """What another tool or a paper means by a layer's name; None where the name is known to none."""
    plain = without_module(name)
    found = _DIMENSIONS.search(plain)
    dimensions = int(found[1]) if found else None
    folded = _DIMENSIONS.sub("#d", plain).replace("_", "").replace("-", "").replace(" ", "").lower()
    word = _WORDS.get(folded)
    return Meant(word, dimensions) if word is not None else None
