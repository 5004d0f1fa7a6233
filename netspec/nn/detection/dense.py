"""Heads that run on each level and tell of every anchor."""

import torch
from torch import Tensor, nn
from torchvision.models import detection

from netspec.nn.detection.standing import Stand


def of_anchors(levels: list[Tensor], columns: int) -> Tensor:
    """What levels [N, A * columns, H, W] tell of anchors: [N, sum A H W, columns]."""
    found = []
    for x in levels:
        n, _, height, width = x.shape
        x = x.view(n, -1, columns, height, width).permute(0, 3, 4, 1, 2)
        found.append(x.reshape(n, -1, columns))
    return torch.cat(found, dim=1)


class RetinaNetScores(Stand, detection.retinanet.RetinaNetClassificationHead):  # type: ignore[misc]
    """A head of scores that runs on each level, with the loss of torchvision's."""

    def __init__(self, part: nn.Module, classes: int) -> None:
        Stand.__init__(self, part)
        self.num_classes = classes
        self.BETWEEN_THRESHOLDS = detection._utils.Matcher.BETWEEN_THRESHOLDS

    def forward(self, levels: list[Tensor]) -> Tensor:
        return of_anchors([self.results(x)[0] for x in levels], self.num_classes)


class RetinaNetBoxes(Stand, detection.retinanet.RetinaNetRegressionHead):  # type: ignore[misc]
    """A head of boxes that runs on each level, with the loss of torchvision's."""

    def __init__(self, part: nn.Module) -> None:
        Stand.__init__(self, part)
        self.box_coder = detection._utils.BoxCoder(weights=(1.0, 1.0, 1.0, 1.0))
        self._loss_type = "l1"

    def forward(self, levels: list[Tensor]) -> Tensor:
        return of_anchors([self.results(x)[0] for x in levels], 4)


class RetinaNetHeads(detection.retinanet.RetinaNetHead):  # type: ignore[misc]
    """Both heads; how they run and what they lose is torchvision's."""

    def __init__(
        self,
        classification_head: nn.Module,
        regression_head: nn.Module,
        classes: int,
    ) -> None:
        nn.Module.__init__(self)
        self.classification_head = RetinaNetScores(classification_head, classes)
        self.regression_head = RetinaNetBoxes(regression_head)


class LevelScores(Stand):
    """A head of scores that runs on each level."""

    def __init__(self, part: nn.Module, classes: int) -> None:
        super().__init__(part)
        self.classes = classes

    def forward(self, levels: list[Tensor]) -> Tensor:
        return of_anchors([self.results(x)[0] for x in levels], self.classes)


class LevelDistances(Stand):
    """A head of distances and of closeness to the centre that runs on each level."""

    def forward(self, levels: list[Tensor]) -> tuple[Tensor, Tensor]:
        found = [self.results(x) for x in levels]
        boxes = of_anchors([boxes for boxes, _ in found], 4)
        return boxes, of_anchors([centred for _, centred in found], 1)


class FCOSHeads(detection.fcos.FCOSHead):  # type: ignore[misc]
    """Both heads; how they run and what they lose is torchvision's."""

    def __init__(
        self,
        classification_head: nn.Module,
        regression_head: nn.Module,
        classes: int,
    ) -> None:
        nn.Module.__init__(self)
        self.box_coder = detection._utils.BoxLinearCoder(normalize_by_size=True)
        self.classification_head = LevelScores(classification_head, classes)
        self.regression_head = LevelDistances(regression_head)


class SSDScores(Stand):
    """A head that takes all levels at once: so many numbers for each anchor."""

    def __init__(self, part: nn.Module, columns: int) -> None:
        super().__init__(part)
        self.columns = columns

    def forward(self, levels: list[Tensor]) -> Tensor:
        return of_anchors(list(self.results(*levels)), self.columns)


class SSDHeads(detection.ssd.SSDHead):  # type: ignore[misc]
    """Both heads; how they run is torchvision's."""

    def __init__(
        self,
        classification_head: nn.Module,
        regression_head: nn.Module,
        classes: int,
    ) -> None:
        nn.Module.__init__(self)
        self.classification_head = SSDScores(classification_head, classes)
        self.regression_head = SSDScores(regression_head, 4)
