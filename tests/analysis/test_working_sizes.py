"""A size that a network does not take is told the nearest that work and their steps; side branches can be left out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.driver.spec import Spec

Netspec = Callable[..., tuple[int, str, str]]


def unet(depth: int, shape: str, pool: int = 2) -> str:
    """Pools and transposed convolutions with skip connections between them."""
    down = [f"{{conv: 4, kernel: 3, padding: 1, name: d{i}}}, {{max_pool: {pool}}}" for i in range(depth)]
    up = [
        f"{{conv_transpose: 4, kernel: {pool}, stride: {pool}, name: u{i}}}, {{concat, from: [u{i}, d{i}]}}"
        for i in reversed(range(depth))
    ]
    return f"{{netspec: 1, name: n, input: {shape}, layers: [{', '.join([*down, *up])}]}}"


def takes(text: str, shape: tuple[int, ...]) -> bool:
    try:
        api.elaborate(api.loads(text, {"input": list(shape)}))
    except NetspecError:
        return False
    return True


def helps(text: str) -> str:
    with pytest.raises(NetspecError) as caught:
        api.elaborate(api.loads(text))
    return "\n".join(each.help or "" for each in caught.value.diagnostics)


@pytest.mark.parametrize(
    ("depth", "pool", "size"), [(1, 2, 9), (2, 2, 30), (3, 2, 45), (4, 2, 100), (2, 3, 31), (1, 5, 23)]
)
def test_an_unequal_skip_connection_tells_the_nearest_sizes_and_their_steps(depth: int, pool: int, size: int) -> None:
    text = unet(depth, f"[1, {size}, {size}]", pool)
    below = next(s for s in range(size, 0, -1) if takes(text, (1, s, s)))
    above = next(s for s in range(size, 300) if takes(text, (1, s, s)))
    assert f"{below} or {above} work for the height and width: a multiple of {pool**depth}" in helps(text)
    (found,) = api.sizes(api.loads(text))
    assert (found.near.below, found.near.above, found.near.step, found.near.rest) == (below, above, pool**depth, 0)
    assert found.own is not None
    assert (found.group.size, found.own.size, found.smallest) == (size, size, pool**depth)


def test_axes_of_different_sizes_are_told_each() -> None:
    assert "28 or 32 work for the height: a multiple of 4; 44 or 48 work for the width" in helps(unet(2, "[1, 30, 46]"))
    assert helps(unet(2, "[1, 28, 46]")) == "44 or 48 work for the width: a multiple of 4"
    assert "28 or 32 work for the length: a multiple of 4" in helps(unet(2, "[1, 30]"))


def test_sizes_with_a_rest_are_told() -> None:
    with pytest.raises(NetspecError) as caught:
        api.elaborate(api.load("unet"), {"input": (1, 580, 580)})
    assert "572 or 588 work for the height and width: 12 more than a multiple of 16" in (
        caught.value.diagnostics[0].help or ""
    )
    with pytest.raises(NetspecError) as caught:
        api.elaborate(api.load("unet"), {"input": (1, 100, 100)})
    assert "188 works for the height and width: 12 more" in (caught.value.diagnostics[0].help or "")


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ("{pixel_unshuffle: 4}", "28 or 32 work for the height and width: a multiple of 4"),
        ("{reshape: [3, $(input.height // 7), 7, $(input.width // 7), 7]}", "28 or 35 work for the height and width"),
    ],
)
def test_what_divides_tells_the_nearest_multiples(layers: str, words: str) -> None:
    assert words in helps(f"{{netspec: 1, name: n, input: [3, 30, 30], layers: [{layers}]}}")


def test_errors_that_no_size_mends_tell_none() -> None:
    for layers in (
        "{conv: 4, kernel: 1, name: a}, {conv: 8, kernel: 1, name: b}, {add, from: [a, b]}",
        "{conv: 4, kernel: 1, name: a}, {conv: 4, kernel: 1, stride: 2, name: b}, {add, from: [a, b]}",
        "{conv: 12, kernel: 1}, {conv: 12, kernel: 1, groups: 5}",
        "{reshape: [12, 5]}",
    ):
        text = f"{{netspec: 1, name: n, input: [3, 30, 30], layers: [{layers}]}}"
        assert not re.search(r"\d+ works?|work for", helps(text)), layers


def test_the_command_answers_for_a_spec_that_is_wrong_at_its_own_size(netspec: Netspec) -> None:
    Path("u.yaml").write_text(unet(2, "[1, 30, 30]"))
    code, out, _ = netspec("sizes", "u.yaml")
    assert code == 0
    assert re.search(r"nearest that work +28 and 32", out)
    assert re.search(r"have to be +a multiple of 4", out)
    assert "30" in out.splitlines()[1]
    code, out, _ = netspec("sizes", "u.yaml", "--format", "json")
    (record,) = json.loads(out)["sizes"]
    assert (record["size"], record["nearest"], record["step"]) == (30, {"below": 28, "above": 32}, 4)
    assert record["failure"]["diagnostic"]["code"] == "NS0304"


SIDE = """netspec: 1
name: side
input: [3, 96, 96]
layers:
  - {conv: 8, kernel: 3, stride: 2, padding: 1}
  - {max_pool: 2, name: body}
  - {batch_norm, name: before_the_head}
  - layers: [{avg_pool: 5, stride: 3}, {conv: 4, kernel: 5}, global_avg_pool, flatten, {linear: 10}]
    only: training
    from: before_the_head
    name: aux
  - {conv: 8, kernel: 3, from: body}
  - global_avg_pool
  - flatten
  - {linear: 10}
"""


def smallest_in_torch(spec: Spec, training: bool) -> int:
    network = api.compile(spec).train(training)

    def works(size: int) -> bool:
        try:
            network(torch.zeros(2, 3, size, size))
        except (RuntimeError, ValueError):
            return False
        return True

    return next(size for size in range(1, 100) if works(size))


def test_side_branches_are_left_out_for_inference_as_torch_does() -> None:
    spec = api.loads(SIDE)
    (whole,), (inference,) = api.sizes(spec), api.sizes(api.for_inference(spec))
    assert whole.smallest == smallest_in_torch(spec, True) == 67
    assert inference.smallest == smallest_in_torch(spec, False) == 11
    graph = api.elaborate(api.for_inference(spec), {"input": (3, 20, 20)})
    assert not any(node.training_only for node in graph.nodes.values())
    assert not graph.side_outputs
    assert set(spec.graph.nodes) - set(graph.nodes) == {key for key in spec.graph.nodes if key.startswith("aux.")}
    assert api.load("googlenet").graph.side_outputs


def test_commands_leave_side_branches_out(netspec: Netspec) -> None:
    Path("side.yaml").write_text(SIDE)
    small = ("--set", "input=[3, 20, 20]")
    code, out, _ = netspec("check", "side.yaml", *small)
    assert code == 1
    assert "it works outside training: `--inference` leaves side branches out" in out
    assert netspec("check", "side.yaml", *small, "--inference")[0] == 0
    assert netspec("summary", "side.yaml", "--input", "3x20x20")[0] == 1
    code, out, _ = netspec("summary", "side.yaml", "--input", "3x20x20", "--inference")
    assert code == 0
    assert "aux" not in out
    assert re.search(r"smallest that works +67", netspec("sizes", "side.yaml")[1])
    assert re.search(r"smallest that works +11", netspec("sizes", "side.yaml", "--inference")[1])
