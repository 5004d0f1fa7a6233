"""Small detectors: the same one as a spec, and of torchvision's own classes, with any options."""

from __future__ import annotations

import random
from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import detection
from torchvision.ops import MultiScaleRoIAlign

from netspec.detectors import registry

WIDTH, CLASSES = 32, 5

SIZE = (48, 80)
"""Height and width of the images of an SSD."""

DEFAULT_BOXES = ("aspect_ratios", "min_ratio", "max_ratio", "scales", "steps", "clip")
"""Options of an SSD's default boxes."""

SIDES = ((4, 6, 9), (8, 13, 20), (16, 24, 40), (30, 50, 70))
"""Sides of anchors that suit the levels of images of some 64 pixels."""


def spec_text(kind: str, options: dict[str, Any], levels: int, anchors: int) -> str:
    """A detector of a backbone with `levels` convolutions, the first with stride 4 and the others with stride 2."""
    names = [f"p{n}" for n in range(levels)]
    rows = [
        f"- {{conv: {WIDTH}, kernel: 3, stride: {4 if n == 0 else 2}, padding: 1, name: {name}, activation: relu}}"
        for n, name in enumerate(names)
    ]
    head = HEADS[kind](names, anchors, options)
    written = ", ".join([f"{kind}: ", *(f"{key}: {_yaml(value)}" for key, value in options.items())])
    height, width = SIZE if kind == "ssd" else (64, 64)
    inputs = f"  image: [3, {height}, {width}]\n"
    if kind == "faster_rcnn":
        size = options.get("roi_size", 7)
        inputs += f"  region: [{WIDTH}, {size}, {size}]\n"
    return f"""netspec: 1
name: small
inputs:
{inputs}blocks:
  backbone:
    outputs: [{", ".join(names)}]
    layers:
      {"".join(f"{row}{chr(10)}      " for row in rows)}
{BLOCKS}{_on_all(names, options) if kind == "ssd" else ""}
layers:
  - {{backbone: , from: image, name: backbone, to: [{", ".join(names)}]}}
{head}
detector: {{{written}}}
"""


def _yaml(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_yaml, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


BLOCKS = f"""
  rpn_head:
    params: {{anchors: int}}
    outputs: [scores, boxes]
    layers:
      - {{conv: {WIDTH}, kernel: 3, padding: 1, activation: relu, name: conv.0.0, to: [hidden]}}
      - {{conv: $anchors, kernel: 1, name: cls_logits, to: [scores]}}
      - {{conv: $(4 * anchors), kernel: 1, from: hidden, name: bbox_pred, to: [boxes]}}
  box_head:
    layers: [flatten, {{linear: 16, activation: relu, name: fc6}}, {{linear: 16, activation: relu, name: fc7}}]
  box_predictor:
    outputs: [scores, boxes]
    layers:
      - {{linear: {CLASSES}, name: cls_score, to: [scores]}}
      - {{linear: {4 * CLASSES}, from: input, name: bbox_pred, to: [boxes]}}
  tower: {{sequence: [{{repeat: 4, sequence: [{{conv: {WIDTH}, kernel: 3, padding: 1}}, relu]}}]}}
  normed: {{sequence: [{{repeat: 4, layers: [{{conv: {WIDTH}, kernel: 3, padding: 1}}, {{group_norm: 32}}, relu]}}]}}
  point_scores:
    params: {{out: int}}
    layers: [{{normed, name: conv}}, {{conv: $out, kernel: 3, padding: 1, name: cls_logits}}]
  point_boxes:
    outputs: [boxes, centred]
    layers:
      - {{normed, name: conv}}
      - {{conv: 4, kernel: 3, padding: 1, activation: relu, name: bbox_reg, to: [boxes]}}
      - {{conv: 1, kernel: 3, padding: 1, from: conv, name: bbox_ctrness, to: [centred]}}
  scores:
    params: {{out: int}}
    layers: [{{tower, name: conv}}, {{conv: $out, kernel: 3, padding: 1, name: cls_logits}}]
  boxes:
    params: {{out: int}}
    layers: [{{tower, name: conv}}, {{conv: $out, kernel: 3, padding: 1, name: bbox_reg}}]
"""


def _on_each(path: str, call: str, names: list[str], results: list[str]) -> str:
    lines = []
    for name in names:
        entry = f"{call}, name: {path}" if name == names[0] else f"reuse: {path}"
        lines.append(f"  - {{{entry}, from: {name}, to: [{', '.join(f'{each}_{name}' for each in results)}]}}")
    return "\n".join(lines)


def _two_stages(names: list[str], anchors: int, options: dict[str, Any]) -> str:
    return f"""{_on_each("rpn.head", f"rpn_head: {anchors}", names, ["scores", "boxes"])}
  - {{box_head: , from: region, name: roi_heads.box_head}}
  - {{box_predictor: , name: roi_heads.box_predictor, to: [scores, boxes]}}
"""


def _one_stage(names: list[str], anchors: int, options: dict[str, Any]) -> str:
    return "\n".join(
        (
            _on_each("head.classification_head", f"scores: {anchors * CLASSES}", names, ["scores"]),
            _on_each("head.regression_head", f"boxes: {4 * anchors}", names, ["boxes"]),
        )
    )


def _of_points(names: list[str], anchors: int, options: dict[str, Any]) -> str:
    return "\n".join(
        (
            _on_each("head.classification_head", f"point_scores: {CLASSES}", names, ["scores"]),
            _on_each("head.regression_head", "point_boxes: ", names, ["boxes", "centred"]),
        )
    )


def _on_all(names: list[str], options: dict[str, Any]) -> str:
    """A block that convolves each level by itself."""
    listed = ", ".join(names)
    rows = (
        f"      - {{conv: $({2 + 2 * len(ratios)} * numbers), kernel: 3, padding: 1, from: {name},"
        f" name: module_list.{n}, to: [of_{name}]}}"
        for n, (name, ratios) in enumerate(zip(names, options["aspect_ratios"], strict=True))
    )
    results = listed.replace("p", "of_p")
    head = f"  on_all:\n    params: {{numbers: int}}\n    inputs: [{listed}]\n    outputs: [{results}]\n    layers:\n"
    return head + "\n".join(rows) + "\n"


def _default_boxes(names: list[str], anchors: int, options: dict[str, Any]) -> str:
    found = []
    for word, numbers in (("classification", CLASSES), ("regression", 4)):
        results = ", ".join(f"{word}_{name}" for name in names)
        call = f"on_all: {numbers}, from: [{', '.join(names)}], name: head.{word}_head, to: [{results}]"
        found.append(f"  - {{{call}}}")
    return "\n".join(found)


HEADS = {"faster_rcnn": _two_stages, "retinanet": _one_stage, "fcos": _of_points, "ssd": _default_boxes}


class Small(nn.Module):
    """The backbone of the spec, as torchvision wants one."""

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.out_channels: int | list[int] = WIDTH
        for n in range(levels):
            self.add_module(f"p{n}", nn.Conv2d(3 if n == 0 else WIDTH, WIDTH, 3, 4 if n == 0 else 2, 1))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        found = OrderedDict()
        for n, module in enumerate(self.children()):
            found[str(n)] = x = torch.relu(module(x))
        return found


def reference(kind: str, options: dict[str, Any], levels: int) -> nn.Module:
    """The same detector of torchvision's own parts."""
    given = dict(options)
    if kind == "ssd":
        boxes = {name: given.pop(name) for name in DEFAULT_BOXES if name in given}
        backbone = Small(levels)
        backbone.out_channels = [WIDTH] * levels
        made = detection.anchor_utils.DefaultBoxGenerator(**boxes)
        return detection.ssd.SSD(backbone, made, SIZE[::-1], CLASSES, **given)
    sizes, ratios = given.pop("sizes"), given.pop("aspect_ratios", (1.0,) if kind == "fcos" else (0.5, 1.0, 2.0))
    anchors = detection.anchor_utils.AnchorGenerator(sizes, (ratios,) * len(sizes))
    backbone = Small(levels)
    if kind == "retinanet":
        return detection.RetinaNet(backbone, CLASSES, anchor_generator=anchors, **given)
    if kind == "fcos":
        return detection.FCOS(backbone, CLASSES, anchor_generator=anchors, **given)
    size = given.pop("roi_size", 7)
    names = [str(n) for n in range(given.pop("roi_levels", 4))]
    pooling = MultiScaleRoIAlign(names, size, given.pop("roi_sampling_ratio", 2))
    return detection.FasterRCNN(
        backbone,
        rpn_anchor_generator=anchors,
        box_roi_pool=pooling,
        box_head=detection.faster_rcnn.TwoMLPHead(WIDTH * size**2, 16),
        box_predictor=detection.faster_rcnn.FastRCNNPredictor(16, CLASSES),
        **given,
    )


def drawn(kind: str, draw: random.Random) -> tuple[dict[str, Any], int, int]:
    """Random options of a kind, the number of levels, and the number of anchors at a position."""
    levels = draw.choice((2, 3, 4))
    if kind == "ssd":
        options = _drawn_default_boxes(draw, levels)
        _draw_others(kind, draw, options, levels)
        return options, levels, 0
    sides = draw.choice((1, 2, 3))
    options = {"sizes": [list(each[:sides]) for each in SIDES[:levels]]}
    ratios = draw.choice(([1.0], [0.5, 2.0], [0.5, 1.0, 2.0]))
    if kind == "fcos":
        options["sizes"], sides, ratios = [[4], [8], [16], [32]][:levels], 1, [1.0]
    else:
        options["aspect_ratios"] = ratios
    options["min_size"] = draw.choice((48, 64, 80))
    options["max_size"] = draw.choice((80, 96, 128))
    _draw_others(kind, draw, options, levels)
    return options, levels, sides * len(ratios)


def _drawn_default_boxes(draw: random.Random, levels: int) -> dict[str, Any]:
    """Options of default boxes: a share for each level, or the two ends of them."""
    ratios = ([], [2], [2, 3], [1.5])
    options: dict[str, Any] = {"aspect_ratios": [draw.choice(ratios) for _ in range(levels)]}
    if draw.random() < 0.5:
        options["scales"] = [0.1, 0.3, 0.5, 0.8, 1.1][: levels + 1]
    else:
        options |= {"min_ratio": round(draw.uniform(0.1, 0.3), 3), "max_ratio": round(draw.uniform(0.5, 1.2), 3)}
    if draw.random() < 0.5:
        options["steps"] = [4, 8, 16, 32][:levels]
    options["clip"] = draw.random() < 0.5
    return options


def _draw_others(kind: str, draw: random.Random, options: dict[str, Any], levels: int) -> None:
    """Add values of other options."""
    for name, field in registry()[kind].model_fields.items():
        if name in options or name in DEFAULT_BOXES or draw.random() < 0.4:
            continue
        if name in ("image_mean", "image_std"):
            options[name] = [round(draw.uniform(0.1, 0.9), 3) for _ in range(3)]
        elif name == "roi_levels":
            options[name] = draw.randint(1, levels)
        elif name == "size_divisible":
            options[name] = draw.choice((1, 8, 16))
        elif name in ("roi_size", "roi_sampling_ratio"):
            options[name] = draw.randint(1, 5)
        elif name == "center_sampling_radius":
            options[name] = round(draw.uniform(0.5, 3.0), 3)
        elif isinstance(field.default, int):
            options[name] = draw.randint(2, 60)
        elif name.endswith(("_fg_iou_thresh", "_bg_iou_thresh")) or name in ("fg_iou_thresh", "bg_iou_thresh"):
            options[name] = round(draw.uniform(0.1, 0.4) + 0.3 * ("fg" in name), 3)
        else:
            options[name] = round(draw.uniform(0.0, 0.6), 3)
    if kind == "faster_rcnn":
        options.setdefault("roi_levels", levels)
    for family in ("", "rpn_", "box_"):
        low, high = f"{family}bg_iou_thresh", f"{family}fg_iou_thresh"
        if (low in options) != (high in options) and low in registry()[kind].model_fields:
            options[low], options[high] = 0.25, 0.6


def pictures(draw: random.Random) -> tuple[list[Tensor], list[dict[str, Tensor]]]:
    """Two images of different sizes, and their boxes: none, some, or many."""
    images, targets = [], []
    for _ in range(2):
        height, width = draw.randint(40, 120), draw.randint(40, 120)
        images.append(torch.rand(3, height, width))
        number = draw.choice((0, 1, 3, 8))
        corner = torch.rand(number, 2) * torch.tensor([width * 0.6, height * 0.6])
        size = 4 + torch.rand(number, 2) * torch.tensor([width * 0.3, height * 0.3])
        labels = torch.tensor([draw.randrange(1, CLASSES) for _ in range(number)], dtype=torch.int64)
        targets.append({"boxes": torch.cat([corner, corner + size], 1), "labels": labels})
    return images, targets
