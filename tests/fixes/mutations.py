"""One slip in a text, of the kinds that people make while they write a spec."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

FOREIGN = {
    "conv": ("Conv2d", "Conv2D", "nn.Conv2d", "conv2d", "Conv", "torch.nn.Conv2d"),
    "linear": ("Linear", "Dense", "dense", "fc", "nn.Linear"),
    "max_pool": ("MaxPool2d", "MaxPooling2D", "maxpool", "F.max_pool2d", "max_pooling"),
    "avg_pool": ("AvgPool2d", "AveragePooling2D", "average_pooling"),
    "batch_norm": ("BatchNorm2d", "BatchNormalization", "bn", "nn.BatchNorm2d", "BatchNorm1d"),
    "layer_norm": ("LayerNorm", "LayerNormalization", "ln", "LayerNorm2d"),
    "dropout": ("Dropout", "nn.Dropout"),
    "spatial_dropout": ("Dropout2d", "SpatialDropout2D"),
    "relu": ("ReLU", "Relu", "nn.ReLU", "F.relu"),
    "flatten": ("Flatten", "nn.Flatten", "view"),
    "global_avg_pool": ("GlobalAveragePooling2D", "gap", "AdaptiveAvgPool2d"),
    "local_response_norm": ("LRN", "lrn", "LocalResponseNorm"),
    "add": ("Add", "sum", "plus"),
    "concat": ("Concatenate", "cat", "torch.cat"),
    "embedding": ("Embedding", "Embed"),
    "attention": ("MultiheadAttention", "Attention", "mha"),
    "upsample": ("Upsample", "UpSampling2D", "interpolate"),
    "silu": ("SiLU", "swish"),
    "kernel": ("kernel_size", "filter_size", "size", "pool_size"),
    "stride": ("strides", "Stride"),
    "padding": ("pad", "Padding"),
    "bias": ("use_bias",),
    "groups": ("num_groups", "group"),
    "axis": ("dim", "dims"),
    "eps": ("epsilon",),
    "momentum": ("momemtum",),
    "name": ("id", "Name"),
    "from": ("From", "inputs", "input"),
}
"""What other tools call the layers and options of the language."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")

Slip = Callable[[random.Random, str], str]


def _word(rng: random.Random, text: str) -> re.Match[str] | None:
    found = list(_WORD.finditer(_code(text)))
    return rng.choice(found) if found else None


def _code(text: str) -> str:
    """The text with its remarks and documentation blanked, in which no slip does harm."""
    blank = lambda found: " " * len(found[0])  # noqa: E731
    text = re.sub(r"(?m)(?<!\S)#.*$", blank, text)
    return re.sub(r"(?m)^\s*(doc|references):.*$", blank, text)


def _in_word(change: Callable[[random.Random, str], str]) -> Slip:
    def slip(rng: random.Random, text: str) -> str:
        found = _word(rng, text)
        return text[: found.start()] + change(rng, found[0]) + text[found.end() :] if found else text

    return slip


def _drop(rng: random.Random, word: str) -> str:
    at = rng.randrange(len(word))
    return word[:at] + word[at + 1 :]


def _double(rng: random.Random, word: str) -> str:
    at = rng.randrange(len(word))
    return word[:at] + word[at] + word[at:]


def _swap(rng: random.Random, word: str) -> str:
    at = rng.randrange(len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _capitals(rng: random.Random, word: str) -> str:
    return rng.choice([word.upper(), word.capitalize(), word.replace("_", "-"), word.replace("_", "")])


def _quoted(rng: random.Random, word: str) -> str:
    return f'"{word}"'


def _foreign(rng: random.Random, text: str) -> str:
    found = [match for match in _WORD.finditer(_code(text)) if match[0] in FOREIGN]
    if not found:
        return text
    match = rng.choice(found)
    return text[: match.start()] + rng.choice(FOREIGN[match[0]]) + text[match.end() :]


def _without(pattern: str) -> Slip:
    def slip(rng: random.Random, text: str) -> str:
        found = list(re.finditer(pattern, _code(text)))
        match = rng.choice(found) if found else None
        return text[: match.start()] + text[match.end() :] if match else text

    return slip


def _number_as_text(rng: random.Random, text: str) -> str:
    found = list(re.finditer(r"(?<=[ \[])\d+(?=[,}\]\n])", _code(text)))
    match = rng.choice(found) if found else None
    as_text = rng.choice(['"{}"', "{}.0", "{0}{0}", "-{}"])
    return text[: match.start()] + as_text.format(match[0]) + text[match.end() :] if match else text


def _lines(change: Callable[[random.Random, list[str], int], None]) -> Slip:
    def slip(rng: random.Random, text: str) -> str:
        lines = text.split("\n")
        full = [at for at, line in enumerate(lines[:-1]) if line.strip() and at]
        change(rng, lines, rng.choice(full))
        return "\n".join(lines)

    return slip


def _indented(rng: random.Random, lines: list[str], at: int) -> None:
    deeper = rng.choice([-2, -1, 1, 2, 4])
    line = lines[at]
    lines[at] = " " * deeper + line if deeper > 0 else line[min(-deeper, len(line) - len(line.lstrip())) :]


def _tab(rng: random.Random, lines: list[str], at: int) -> None:
    line = lines[at]
    lines[at] = "\t" * max(1, (len(line) - len(line.lstrip())) // 2) + line.lstrip()


def _deleted(rng: random.Random, lines: list[str], at: int) -> None:
    del lines[at]


def _swapped(rng: random.Random, lines: list[str], at: int) -> None:
    lines[at - 1], lines[at] = lines[at], lines[at - 1]


def _doubled(rng: random.Random, lines: list[str], at: int) -> None:
    lines.insert(at, lines[at])


SLIPS: dict[str, Slip] = {
    "a letter left out": _in_word(_drop),
    "a letter doubled": _in_word(_double),
    "two letters swapped": _in_word(_swap),
    "capitals": _in_word(_capitals),
    "quotes": _in_word(_quoted),
    "another tool's word": _foreign,
    "a sign left out": _without(r"[\[\]{}:,()]"),
    "a colon left out": _without(r":(?= )"),
    "a space left out": _without(r"(?<=[:,-]) "),
    "an option left out": _without(r", \w+: [\w$.]+(?=[,}])"),
    "a number otherwise": _number_as_text,
    "indentation": _lines(_indented),
    "tabs": _lines(_tab),
    "a line left out": _lines(_deleted),
    "two lines swapped": _lines(_swapped),
    "a line twice": _lines(_doubled),
}
"""The kinds of slips."""
