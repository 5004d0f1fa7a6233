"""Names of classes in generated source."""

import keyword
import re

from netspec.expr import Identifier
from netspec.program.carried import carried_classes

IMPORTED = frozenset({"F", "OrderedDict", "Sequence", "Tensor"})
"""Modules that generated source imports by name."""

SPELLINGS = {
    "dcgan": "DCGAN",
    "fasterrcnn": "FasterRCNN",
    "fcos": "FCOS",
    "gan": "GAN",
    "googlenet": "GoogLeNet",
    "se": "SE",
    "vit": "ViT",
}
"""The field's usual spelling of names that a spec writes in small letters, if no rule gives it."""

ENDINGS = {"net": "Net", "next": "NeXt"}
"""The usual spelling of the last part of a longer word: ``squeezenet``, ``convnext``."""


LONGEST = 4
"""The length of the longest abbreviation: ``LSTM``."""


def source_name(target: str) -> str:
    """A call's target in the form of built source: ``nn.Conv2d``, ``F.relu``, ``torch.cat``; else its bare name."""
    for prefix, kept in (("torch.nn.functional.", "F."), ("torch.nn.", "nn."), ("torch.", "torch.")):
        if target.startswith(prefix):
            return kept + target[len(prefix) :]
    return target.rpartition(".")[2]


def class_name(name: str) -> Identifier:
    """`inverted_residual` as ``InvertedResidual``, ``resnet50`` as ``ResNet50``, ``lenet5_1998`` as ``LeNet5_1998``."""
    joined = ""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", name) if word]
    for before, word in zip(["", *words], words, strict=False):
        if word == before and word.isalpha():
            continue  # a repeated word is written once: `layers` in `layers`
        between = "_" if joined[-1:].isdigit() and word[0].isdigit() else ""  # 5 and 1998 must not become 51998
        joined += between + _spelt(word)
    joined = joined or "Network"
    if joined[0].isdigit() or keyword.iskeyword(joined) or joined in ("I", "O"):
        joined = f"Net{joined}"
    return Identifier(joined)


def network_class(name: str) -> Identifier:
    """The name of a network's class, unique in generated source: ``TensorNet`` for `tensor`."""
    own = class_name(name)
    return Identifier(f"{own}Net") if own in IMPORTED or own in carried_classes() else own


def _spelt(word: str) -> str:
    """A word with a capital, in the field's spelling: abbreviations, which have no vowel, are all capitals."""
    stem = word[: len(word) - len(word.lstrip("abcdefghijklmnopqrstuvwxyz"))]
    rest = word[len(stem) :]
    if rest[:1].isupper():
        return _capital(word)  # the author's own spelling
    if stem in SPELLINGS:
        return SPELLINGS[stem] + rest
    if 1 < len(stem) <= LONGEST and not set(stem) & set("aeiouy"):
        return stem.upper() + rest
    for ending, spelt in ENDINGS.items():
        if stem.endswith(ending) and len(stem) > len(ending):
            return _capital(stem.removesuffix(ending)) + spelt + rest
    return _capital(word)


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]
