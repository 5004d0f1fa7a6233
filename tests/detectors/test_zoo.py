"""The zoo's detectors: torchvision's whole networks, in size, work, keys and answers."""

from __future__ import annotations

import pytest

from netspec import api
from netspec.report.records import summary_record
from tests.alike import DETECTORS
from tests.originals import documented, original

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from tests.detectors.test_torchvision import assert_alike, randomised  # noqa: E402

FROZEN = 53_120
"""Scales and shifts of a ResNet-50's batch norms, which torchvision's trained networks hold as buffers."""


def test_the_detectors_are_those_of_the_zoo() -> None:
    assert set(DETECTORS) == {name for name in api.zoo() if api.load(name).document.detector is not None}


@pytest.mark.parametrize("name", DETECTORS)
def test_sizes_are_those_that_torchvision_documents(name: str) -> None:
    found = api.analyze(api.load(name))
    assert found.weights.total.params == documented(name)["num_params"] + FROZEN
    assert round(found.work.total / 1e9, 2) == round(documented(name)["_ops"], 2)


@pytest.mark.parametrize("name", DETECTORS)
def test_macs_are_those_that_torch_counts(name: str) -> None:
    """Part by part, on the meta device: nothing can be suppressed there."""
    from torch.utils.flop_counter import FlopCounterMode

    spec = api.load(name)
    with torch.device("meta"):
        network = api.compile(spec, "meta").eval()
    with FlopCounterMode(display=False) as counter:
        levels = network.backbone(torch.empty(1, 3, 800, 800, device="meta"))
        if name.startswith("fasterrcnn"):
            network.rpn.head(list(levels.values()))
            regions = torch.empty(1000, 256, 7, 7, device="meta")
            network.roi_heads.box_predictor(network.roi_heads.box_head(regions))
        else:
            network.head(list(levels.values()))
    assert counter.get_total_flops() == 2 * api.analyze(spec).work.total


@pytest.mark.parametrize("name", DETECTORS)
def test_answers_are_torchvisions(name: str) -> None:
    torch.manual_seed(0)
    sizes = {"min_size": 64, "max_size": 96}
    theirs, ours = original(name, **sizes), api.compile(api.load(name, sizes))
    weights = randomised(theirs)
    assert list(ours.state_dict()) == list(weights)
    ours.load_state_dict(weights)
    theirs.load_state_dict(ours.state_dict())
    images = [torch.rand(3, 50, 90), torch.rand(3, 70, 60)]
    boxes = [torch.tensor([[4.0, 5.0, 40.0, 30.0], [50.0, 10.0, 80.0, 45.0]]), torch.tensor([[8.0, 9.0, 50.0, 66.0]])]
    labels = [torch.tensor([3, 90]), torch.tensor([17])]
    targets = [{"boxes": box, "labels": label} for box, label in zip(boxes, labels, strict=True)]
    assert_alike(ours, theirs, images, targets)


def test_heads_of_regions_are_told_of() -> None:
    record = summary_record(api.analyze(api.load("fasterrcnn_resnet50_fpn")))
    assert record["totals"]["regions"] == 1000
    regional = {each["path"].rpartition(".")[0] for each in record["layers"] if each["per_region"]}
    assert regional == {"roi_heads.box_head", "roi_heads.box_predictor"}
    for figure in ("macs", "units", "connections", "activation_bytes"):
        assert sum(each[figure] for each in record["layers"]) == record["totals"][figure], figure
    fewer = api.analyze(api.load("fasterrcnn_resnet50_fpn", {"detector.rpn_post_nms_top_n_test": 300}))
    once = sum(each["macs"] for each in record["layers"] if each["per_region"]) // 1000
    assert record["totals"]["macs"] - fewer.work.total == 700 * once
