"""Detectors are timed as other networks are: lists of images go in, and what is counted is what torch counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from netspec import api
from netspec.autograd import PRECISIONS
from netspec.interop import timing
from netspec.interop.timing import Stopwatch
from tests.detectors.small import spec_text
from tests.detectors.test_torchvision import KINDS, two_levels

IMAGE = (3, 32, 64)
"""An image that kinds but SSD scale, and pad, before their network sees it."""


def options(kind: str) -> dict[str, Any]:
    """Options by which fewer regions are left than the most that there can be."""
    return two_levels(kind) | ({"rpn_nms_thresh": 0.1} if kind == "faster_rcnn" else {})


def torch_s(watch: Stopwatch, batch: int) -> int:
    """The multiply-accumulates of a pass as torch counts them."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        watch.network(watch._inputs(batch))
    return int(counter.get_total_flops()) // 2


@pytest.mark.parametrize("kind", KINDS)
def test_macs_of_a_pass_are_those_that_torch_counts_in_it(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    watches: list[Stopwatch] = []

    def noted(*given: Any) -> Stopwatch:
        watches.append(Stopwatch(*given))
        return watches[-1]

    monkeypatch.setattr(timing, "Stopwatch", noted)
    spec = api.loads(spec_text(kind, options(kind), 2, 6))
    found = api.time(spec, "cpu", batches=[1, 3], seconds=0.001, layers=True, inputs={"image": IMAGE})
    assert found.detects
    assert found.shapes == {"image": IMAGE}
    for each, layers in zip(found.latencies, found.layers, strict=True):
        counted = torch_s(watches[0], each.batch)
        assert each.macs == counted
        assert sum(macs or 0 for macs in layers.macs.values()) == counted
        assert (each.regions is not None) == (kind == "faster_rcnn")
        assert layers.between > 0
    if kind == "faster_rcnn":  # the suppression leaves fewer than the most that tables count
        assert 0 < (found.latencies[0].regions or 0) < spec.graph.detection.regions  # type: ignore[union-attr]


def test_images_of_a_pass_are_shares_of_the_brightest_value_and_of_the_precision_s_type() -> None:
    spec = api.loads(spec_text("fcos", two_levels("fcos"), 2, 6))
    watch = Stopwatch(api.compile(spec), spec.graph, torch.device("cpu"), PRECISIONS["bf16-true"], 0.01, IMAGE)
    images = watch._inputs(2)
    assert [tuple(each.shape) for each in images] == [IMAGE, IMAGE]
    assert not torch.equal(images[0], images[1])
    assert all(each.dtype is torch.bfloat16 and 0 <= each.min() <= each.max() <= 1 for each in images)


def test_the_command_tells_the_regions_and_what_the_time_depends_on(netspec: Any) -> None:
    Path("small.yaml").write_text(spec_text("faster_rcnn", options("faster_rcnn"), 2, 6))
    code, out, _ = netspec("time", "small.yaml", "--seconds", "0.001", "--device", "cpu")
    assert code == 0
    assert "Regions that the heads ran on in a pass" in " ".join(out.split())
    assert "how many boxes there are depends on the weights" in " ".join(out.split())
    code, out, _ = netspec("time", "small.yaml", "--seconds", "0.001", "--device", "cpu", "--format", "json")
    assert json.loads(out)["batches"][0]["regions"] > 0
