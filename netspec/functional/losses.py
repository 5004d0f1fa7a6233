"""Losses that torch has no function for. Each is a batch's mean, a scalar.

Targets of classes are labels [N, ...] (int64), or probabilities [N, classes, ...]
where labels were mixed: then the loss is that of each label, weighed by its share, and
the share of an ignored label weighs nothing.
"""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor


def cross_entropy(
    outputs: Tensor,
    targets: Tensor,
    label_smoothing: float = 0.0,
    weight: tuple[float, ...] | None = None,
    ignore_index: int | None = None,
) -> Tensor:
    """Cross-entropy of the softmax of the outputs [N, classes, ...], in nats.

    It is 0, and so is its gradient, where all labels are ignored or weigh nothing.
    """
    weights = None
    if weight is not None:
        weights = on_device(weight, outputs.device, outputs.dtype)
    if targets.is_floating_point():
        # Torch divides by the number of labels, where it divides whole ones by weights.
        shares = as_probabilities(targets, outputs, ignore_index)
        spread = shares.sum(1, keepdim=True) * label_smoothing / outputs.shape[1]
        wanted = shares * (1 - label_smoothing) + spread
        found = F.cross_entropy(outputs, wanted, weights, reduction="sum")
        return found / divisor(found, targets, weight, ignore_index)
    if ignore_index is None:
        ignore_index = -100  # torch's value for no label
    # Torch divides by what labels weigh together. Where that is nothing, a loss that is
    # a number takes its place, times 0: 0 times the gradient of nan would be nan.
    kept = targets != ignore_index
    if weights is None:
        counts = kept.any()
    else:
        counts = ((weights[targets.where(kept, 0)] > 0) & kept).any()
        weights = weights.where(counts, 1.0)
    found = F.cross_entropy(
        outputs,
        targets.where(counts, int(ignore_index == 0)),  # a label that is not ignored
        weights,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
    )
    return found * counts


def nll(outputs: Tensor, targets: Tensor, ignore_index: int | None = None) -> Tensor:
    """The negative output [N, classes, ...] of the right class; 0 where none counts."""
    if targets.is_floating_point():
        found = -(as_probabilities(targets, outputs, ignore_index) * outputs).sum()
        return found / divisor(found, targets, None, ignore_index)
    ignored = -100 if ignore_index is None else ignore_index
    counts = (targets != ignored).any()  # where none does, as above
    labels = targets.where(counts, int(ignored == 0))
    return F.nll_loss(outputs, labels, ignore_index=ignored) * counts


def focal(
    outputs: Tensor, targets: Tensor, focusing: float, ignore_index: int | None = None
) -> Tensor:
    """Cross-entropy times (1 - p)^focusing, p of the right class (arXiv:1708.02002)."""
    logs = outputs.log_softmax(1)
    wanted = as_probabilities(targets, outputs, ignore_index)
    losses = -(wanted * (1 - logs.exp()) ** focusing * logs).sum(1)  # 0 for the ignored
    if ignore_index is None:
        return losses.mean()
    return losses.sum() / divisor(losses, targets, None, ignore_index)


def binary_cross_entropy(
    outputs: Tensor,
    targets: Tensor,
    label_smoothing: float = 0.0,
    weight: tuple[float, ...] | None = None,
    ignore_index: int | None = None,
) -> Tensor:
    """Cross-entropy of the sigmoid of each output [N, classes, ...], in nats.

    It is against 1 for the right class and 0 for the others. It is 0 where all labels
    are ignored or weigh nothing.
    """
    shares = as_probabilities(targets, outputs, ignore_index)
    if weight is not None:
        own = on_device(weight, outputs.device, outputs.dtype)
        shares = shares * own.view(-1, *[1] * (outputs.ndim - 2))
    weights = shares.sum(1, keepdim=True)  # 0 for the ignored
    # The loss is linear in its target: that of all labels is that of their mean.
    wanted = shares / weights.where(weights > 0, 1.0)
    if label_smoothing:
        wanted = wanted * (1 - label_smoothing) + label_smoothing / outputs.shape[1]
    if ignore_index is None and weight is None:
        return F.binary_cross_entropy_with_logits(outputs, wanted)
    losses = F.binary_cross_entropy_with_logits(outputs, wanted, reduction="none")
    total = divisor(losses, targets, weight, ignore_index)
    return (losses.mean(1, keepdim=True) * weights).sum() / total


def of_one_logit(
    outputs: Tensor,
    targets: Tensor,
    label_smoothing: float = 0.0,
    weight: tuple[float, ...] | None = None,
    ignore_index: int | None = None,
) -> Tensor:
    """The same of two classes, of which the second has its logit z, [N, 1, ...].

    The first has -z, whose term is the same.
    """
    return binary_cross_entropy(
        two_sided(outputs), targets, label_smoothing, weight, ignore_index
    )


def two_sided(outputs: Tensor) -> Tensor:
    """Logits of two classes [N, 2, ...], from those of the second alone."""
    return torch.cat([-outputs, outputs], 1)


def negated(outputs: Tensor) -> Tensor:
    """Penalties of classes as scores: the lowest is the likeliest."""
    return -outputs


def squared_error(
    outputs: Tensor, targets: Tensor, positive: float, negative: float
) -> Tensor:
    """Squared difference to `positive` for the right class, `negative` for others."""
    if targets.is_floating_point():
        return F.mse_loss(outputs, negative + (positive - negative) * targets)
    wanted = outputs.new_full(outputs.shape, negative)
    return F.mse_loss(outputs, wanted.scatter_(1, targets.unsqueeze(1), positive))


def multi_margin(outputs: Tensor, targets: Tensor, margin: float, p: int) -> Tensor:
    """The hinge loss of outputs [N, classes] with `margin`, to the power `p`."""
    if not targets.is_floating_point():
        return F.multi_margin_loss(outputs, targets, p=p, margin=margin)
    # [N, right class, other]: the term of a class against itself is subtracted again.
    excess = (margin - outputs.unsqueeze(2) + outputs.unsqueeze(1)).clamp_min(0) ** p
    sums = (excess.sum(2) - margin**p) / outputs.shape[1]
    return (targets * sums).sum(1).mean()


def maximum_a_posteriori(outputs: Tensor, targets: Tensor, j: float) -> Tensor:
    """The maximum a posteriori criterion of penalties y [N, classes].

    Equation 9 of LeCun et al. 1998, "Gradient-based learning applied to document
    recognition": for an image of class d, y_d + log(exp(-j) + sum_i exp(-y_i)).
    """
    if targets.is_floating_point():
        right = (targets * outputs).sum(1)
    else:
        right = outputs.gather(1, targets[:, None]).squeeze(1)
    classes = torch.logsumexp(-outputs, 1)
    return (right + torch.logaddexp(classes, torch.full_like(classes, -j))).mean()


def dice(
    outputs: Tensor,
    targets: Tensor,
    smooth: float,
    cross_entropy: float = 0.0,
    ignore_index: int | None = None,
) -> Tensor:
    """One minus the Dice coefficient of the softmax of the outputs [N, classes, ...].

    For a class it is 1 - (2 sum(p t) + smooth) / (sum(p) + sum(t) + smooth), summed
    over an image's pixels (arXiv:1606.04797, without its squares); `cross_entropy` is
    the weight of a cross-entropy that is added.
    """
    told = outputs.softmax(1)
    there = as_probabilities(targets, outputs, ignore_index)
    kept = judged(targets, ignore_index)
    if kept is not None:
        told = told * (kept > 0).unsqueeze(1)
        there = there / kept.where(kept > 0, 1).unsqueeze(1)  # whole labels of the rest
    told, there = (each.reshape(*outputs.shape[:2], -1) for each in (told, there))
    overlap = 2 * (told * there).sum(2) + smooth
    losses = (1 - overlap / (told.sum(2) + there.sum(2) + smooth)).mean(1)
    if kept is None:
        loss = losses.mean()
    else:  # of an image whose pixels are all ignored the loss is 0
        total = images_judged(targets, ignore_index)
        losses = losses * share_of_image(kept)
        loss = losses.sum() / total.where(total > 0, 1)
    if not cross_entropy:
        return loss
    entropy = nll(outputs.log_softmax(1), targets, ignore_index)
    return loss + cross_entropy * entropy


def as_probabilities(
    targets: Tensor, outputs: Tensor, ignore_index: int | None = None
) -> Tensor:
    """Targets in the shape and type of the outputs [N, classes, ...].

    They are 1 for the right class, or the shares of those that were mixed, and 0 for
    the ignored.
    """
    if targets.is_floating_point():
        return judged_shares(targets, ignore_index).to(outputs.dtype)
    labels, kept = targets.unsqueeze(1), judged(targets, ignore_index)
    zeros = outputs.new_zeros(outputs.shape)
    if kept is None:
        return zeros.scatter_(1, labels, 1.0)
    kept = kept.unsqueeze(1)
    return zeros.scatter_(1, labels.where(kept, 0), kept.to(zeros.dtype))


def judged_shares(targets: Tensor, ignore_index: int | None) -> Tensor:
    """The shares [N, classes, ...] of mixed labels, 0 for that of the ignored one."""
    if ignore_index is None or not 0 <= ignore_index < targets.shape[1]:
        return targets
    shares = targets.clone()
    shares[:, ignore_index] = 0
    return shares


def judged(targets: Tensor, ignore_index: int | None) -> Tensor | None:
    """The mask of labels [N, ...] to judge; None where no label is ignored.

    Of mixed labels it is their share that is to be judged.
    """
    if ignore_index is None:
        return None
    if targets.is_floating_point():
        return judged_shares(targets, ignore_index).sum(1)
    return targets != ignore_index


def label_weight(
    targets: Tensor,
    weight: tuple[float, ...] | None = None,
    ignore_index: int | None = None,
) -> Tensor | int:
    """What the labels [N, ...] of a batch weigh together, by which its mean is divided.

    Those of mixed images, [N, classes, ...], weigh what each class does by its share.
    """
    mixed, kept = targets.is_floating_point(), judged(targets, ignore_index)
    if weight is None:
        labels = targets[:, 0] if mixed else targets
        return labels.numel() if kept is None else kept.sum()
    if mixed:
        shares = judged_shares(targets, ignore_index).movedim(1, -1)
        return (shares * on_device(weight, targets.device, targets.dtype)).sum()
    weights = on_device(weight, targets.device)
    if kept is None:
        return weights[targets].sum()
    return (weights[targets.where(kept, 0)] * kept).sum()


def divisor(
    losses: Tensor,
    targets: Tensor,
    weight: tuple[float, ...] | None,
    ignore_index: int | None,
) -> Tensor:
    """The weight of all labels in the type of the losses; infinite where it is none."""
    total = label_weight(targets, weight, ignore_index)
    total = torch.as_tensor(total, dtype=losses.dtype, device=losses.device)
    return total.where(total > 0, torch.inf)


def images_judged(targets: Tensor, ignore_index: int | None) -> Tensor:
    """The number of images that have a label [N, ...] to judge, a scalar.

    One whose label was mixed with the ignored one counts by the rest.
    """
    kept = judged(targets, ignore_index)
    if kept is None:
        return torch.tensor(len(targets))
    return share_of_image(kept).sum()


def share_of_image(kept: Tensor) -> Tensor:
    """The share of each image to judge, [N], from those of its labels [N, ...]."""
    return kept.reshape(len(kept), -1).amax(1)


@cache
def on_device(
    values: tuple[float, ...], device: torch.device, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Numbers on a device, copied there once: a copy makes it wait."""
    with torch.inference_mode(False):
        return torch.tensor(values, device=device, dtype=dtype)
