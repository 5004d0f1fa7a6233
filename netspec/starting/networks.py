"""Networks to start from, as the lines of a spec: small ones, of the plainest layers that do the work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.report.numbers import counted
from netspec.starting.seen import Seen

_WIDEST, _SMALL = 256, 32
"""Channels at most, and the height and width up to which there are 32 at first; of larger images 16."""

_LEAST = 3
"""Height or width down to which maps are halved: two convolutions in each round then see the whole image."""


def network(seen: Seen) -> list[str]:
    """The keys `params` to `layers` of a network that takes such examples and tells what they tell."""
    if seen.told == "masks":
        return [*_unet(seen)]
    if seen.told == "image":
        return [*(_autoencoder(seen) if len(seen.shape) == 3 else _code(seen))]
    return [*(_convolutional(seen) if len(seen.shape) > 1 else _perceptron(seen))]


def title_of(seen: Seen) -> str:
    """The network that `network` gives, in words."""
    shape = list(seen.shape)
    if seen.told == "image":
        return f"an autoencoder of {shape}"
    kind = "a U-Net" if seen.told == "masks" else "a convolutional network" if len(shape) > 1 else "a perceptron"
    one, several = {"values": ("value", "values"), "labels": ("label", "labels")}.get(seen.told, ("class", "classes"))
    return f"{kind} that takes {shape} and tells {counted(seen.outputs, one, several)}"


def _convolutional(seen: Seen) -> Iterator[str]:
    _, *sizes = seen.shape
    by = 2 if len(sizes) == 2 else 4
    maps = [sizes]  # and those after each pooling, which sees the border
    while max(maps[-1]) > _LEAST:
        maps.append([-(-size // by) for size in maps[-1]])
    rounds = len(maps) - 1
    first = 32 if max(sizes) <= _SMALL else 16
    widths = [min(_WIDEST, first << number) for number in range(rounds)]
    kernel = 3 if len(sizes) == 2 else 5
    yield f"input: {list(seen.shape)}"
    yield ""
    yield "layers:"
    if rounds:
        shown = ", ".join("x".join(map(str, each)) for each in maps[1:])
        yield f"  - repeat: {widths}".ljust(41) + f"# maps of {shown}"
        yield "    as: width"
        yield "    layers:"
        for _ in range(2):
            yield f"      - {{conv: $width, kernel: {kernel}, padding: same, bias: false}}"
            yield "      - batch_norm"
            yield "      - relu"
        odd = any(size % by for each in maps[:-1] for size in each)
        yield f"      - {{max_pool: {by}{', ceil_mode: true' if odd else ''}}}"
    yield "  - global_avg_pool"
    yield "  - flatten"
    yield "  - {dropout: 0.2}"
    yield f"  - {{linear: {seen.outputs}}}"


def _perceptron(seen: Seen) -> Iterator[str]:
    yield f"input: {list(seen.shape)}"
    yield ""
    yield "layers:"
    yield "  - {linear: 64, activation: relu}"
    yield "  - {linear: 64, activation: relu}"
    yield f"  - {{linear: {seen.outputs}}}"


def _code(seen: Seen) -> Iterator[str]:
    """An autoencoder of what is no image: a code of few numbers."""
    numbers = 1
    for length in seen.shape:
        numbers *= length
    yield f"input: {list(seen.shape)}"
    yield ""
    yield "layers:"
    if len(seen.shape) > 1:
        yield "  - flatten"
    yield "  - {linear: 64, activation: relu}"
    yield f"  - {{linear: {max(2, min(32, numbers // 4))}, name: code}}"
    yield "  - {linear: 64, activation: relu}"
    yield f"  - {{linear: {numbers}}}"
    if len(seen.shape) > 1:
        yield f"  - {{reshape: {list(seen.shape)}}}"


def _autoencoder(seen: Seen) -> Iterator[str]:
    channels, *sizes = seen.shape
    halves = [max(each for each in range(3) if size % 2**each == 0) for size in sizes]
    rounds = min(halves)
    yield f"input: {list(seen.shape)}"
    yield ""
    yield "layers:"
    for number in range(rounds):
        yield f"  - {{conv: {32 << number}, kernel: 3, stride: 2, padding: 1, activation: relu}}".ljust(64) + _maps(
            sizes, number + 1
        )
    yield "  - {conv: 8, kernel: 3, padding: 1, name: code}"
    for number in reversed(range(rounds)):
        options = "kernel: 3, stride: 2, padding: 1, output_padding: 1, activation: relu"
        yield f"  - {{conv_transpose: {32 << number}, {options}}}".ljust(64) + _maps(sizes, number)
    yield f"  - {{conv: {channels}, kernel: 3, padding: 1}}"


def _maps(sizes: Sequence[int], halved: int) -> str:
    return "   # " + "x".join(str(size >> halved) for size in sizes)


def _unet(seen: Seen) -> Iterator[str]:
    yield f"""params: {{classes: {seen.outputs}, width: 16}}
input: {list(seen.shape)}

blocks:
  double_conv:
    params: {{out: int}}
    layers:
      - {{conv: $out, kernel: 3, padding: 1, bias: false}}
      - batch_norm
      - relu
      - {{conv: $out, kernel: 3, padding: 1, bias: false}}
      - batch_norm
      - relu

  up:
    doc: Maps of twice the size, joined to those of this size on the way down.
    params: {{out: int}}
    inputs: [below, across]
    layers:
      - {{conv_transpose: $out, kernel: 2, stride: 2, from: below, name: grown}}
      - concat: [grown, across]
      - {{double_conv: $out, name: convs}}

layers:                                  # a small U-Net
  - {{double_conv: $width, name: down1}}
  - {{max_pool: 2}}
  - {{double_conv: $(2 * width), name: down2}}
  - {{max_pool: 2}}
  - {{double_conv: $(4 * width), name: down3}}
  - {{max_pool: 2}}
  - {{double_conv: $(8 * width), name: bottom}}
  - {{up: $(4 * width), from: [bottom, down3], name: up3}}
  - {{up: $(2 * width), from: [up3, down2], name: up2}}
  - {{up: $width, from: [up2, down1], name: up1}}
  - {{conv: $classes, kernel: 1, name: scores}}"""
