"""The zoo's detectors: torchvision's whole networks, in size, work, keys and answers."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from netspec import api
from netspec.report.records import summary_record
from tests.alike import DETECTORS
from tests.originals import documented, original

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from tests.detectors.test_torchvision import (  # noqa: E402
    assert_alike,
    assert_equal,
    assert_found_alike,
    losses,
    randomised,
)

TORCHVISION_S = [name for name in DETECTORS if name != "shapes_detector"]
"""Those that torchvision has."""

RESNETS = {name for name in DETECTORS if "resnet50" in name}

TRAINED = {"norm": "frozen_batch_norm", "trainable_layers": 3}
"""What torchvision makes of a ResNet for which there are trained weights."""


def test_the_detectors_are_those_of_the_zoo() -> None:
    assert set(DETECTORS) == {name for name in api.zoo() if api.load(name).document.detector is not None}


@pytest.mark.parametrize("name", TORCHVISION_S)
def test_sizes_are_those_that_torchvision_documents(name: str) -> None:
    found = api.analyze(api.load(name, TRAINED if name in RESNETS else {}))
    assert found.weights.total.params == documented(name)["num_params"]
    places = 3 if name.startswith("ssd") else 2
    assert round(found.work.total / 1e9, places) == round(documented(name)["_ops"], places)


@pytest.mark.parametrize("name", DETECTORS)
def test_macs_are_those_that_torch_counts(name: str) -> None:
    """Part by part, on the meta device: nothing can be suppressed there."""
    from torch.utils.flop_counter import FlopCounterMode

    spec = api.load(name)
    with torch.device("meta"):
        network = api.compile(spec, "meta").eval()
    image = next(iter(spec.graph.inputs.values())).shape
    with FlopCounterMode(display=False) as counter:
        levels = network.backbone(torch.empty(1, *image, device="meta"))
        if name.startswith("fasterrcnn"):
            network.rpn.head(list(levels.values()))
            regions = torch.empty(1000, 256, 7, 7, device="meta")
            network.roi_heads.box_predictor(network.roi_heads.box_head(regions))
        else:
            network.head(list(levels.values()))
    assert counter.get_total_flops() == 2 * api.analyze(spec).work.total


def pair(name: str, monkeypatch: pytest.MonkeyPatch, **options: int) -> tuple[Any, Any]:
    """The zoo's network and torchvision's, with the same weights, which go there and back; none are drawn before."""
    with monkeypatch.context() as patch:
        for drawing in ("normal_", "uniform_"):
            patch.setattr(torch.Tensor, drawing, lambda tensor, *args, **kwargs: tensor)
        theirs, ours = original(name, **options), api.compile(api.load(name, options))
    torch.manual_seed(0)
    weights = randomised(theirs)
    assert list(ours.state_dict()) == list(weights)
    ours.load_state_dict(weights)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def examples() -> tuple[list[Any], list[dict[str, Any]]]:
    """Two images of different sizes, and their boxes."""
    images = [torch.rand(3, 50, 90), torch.rand(3, 70, 60)]
    boxes = [torch.tensor([[4.0, 5.0, 40.0, 30.0], [50.0, 10.0, 80.0, 45.0]]), torch.tensor([[8.0, 9.0, 50.0, 66.0]])]
    labels = [torch.tensor([3, 90]), torch.tensor([17])]
    return images, [{"boxes": box, "labels": label} for box, label in zip(boxes, labels, strict=True)]


@pytest.mark.parametrize("name", sorted({*TORCHVISION_S} - {"ssd300_vgg16"}))
def test_answers_are_torchvisions(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"min_size": 64, "max_size": 96} if name in RESNETS else {}
    assert_alike(*pair(name, monkeypatch, **sizes), *examples())


def test_answers_of_ssd300_are_torchvisions(monkeypatch: pytest.MonkeyPatch) -> None:
    """VGG-16 is the same in both modes, and takes all of the time: it runs once, with the size that it must have."""
    networks, (images, targets) = pair("ssd300_vgg16", monkeypatch), examples()
    seen = []
    with torch.no_grad():
        for network in networks:
            assert not any(isinstance(each, torch.nn.Dropout | torch.nn.BatchNorm2d) for each in network.modules())
            given = network.eval().transform(images)[0].tensors
            levels = network.backbone(given)
            network.backbone.forward = partial(remembered, given, levels)
            seen.append(levels)
        assert_equal(*seen)
        assert_equal(*(losses(network, images, targets) for network in networks))
        assert assert_found_alike(*networks, images) > 20


@pytest.mark.parametrize("name", ["fasterrcnn_resnet50_fpn", "ssd300_vgg16"])
def test_with_trained_weights_the_same_trains_and_the_same_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Torchvision's builders take the weights of a trunk; here they get none, and do as if."""
    from torchvision.models import detection, vgg16
    from torchvision.ops import FrozenBatchNorm2d

    with monkeypatch.context() as patch:
        for drawing in ("normal_", "uniform_"):
            patch.setattr(torch.Tensor, drawing, lambda tensor, *args, **kwargs: tensor)
        if name == "ssd300_vgg16":
            theirs = detection.ssd._vgg_extractor(vgg16(), False, 4)
            ours = api.compile(api.load(name, {"trainable_layers": 4})).backbone
        else:
            trunk = detection.backbone_utils.resnet_fpn_backbone(
                backbone_name="resnet50", weights=None, norm_layer=FrozenBatchNorm2d, trainable_layers=3
            )
            theirs = detection.FasterRCNN(trunk, 91, min_size=64, max_size=96)
            ours = api.compile(api.load(name, {**TRAINED, "min_size": 64, "max_size": 96}))
    trained = [key for key, parameter in theirs.named_parameters() if parameter.requires_grad]
    assert [key for key, parameter in ours.named_parameters() if parameter.requires_grad] == trained
    assert len(trained) < len(list(theirs.parameters()))
    if name != "ssd300_vgg16":
        torch.manual_seed(0)
        ours.load_state_dict(randomised(theirs))
        theirs.load_state_dict(ours.state_dict())
        assert_alike(ours, theirs, *examples())


def remembered(given: Any, levels: Any, x: Any) -> Any:
    """What a backbone has given for its only input."""
    assert torch.equal(x, given)
    return levels


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
