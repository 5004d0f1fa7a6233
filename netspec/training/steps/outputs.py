"""The outputs of a network in training: a tensor, or a dict of the main output and its side outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from netspec.diagnostics import Code, NetspecError
from netspec.frontend.schema import SECTION
from netspec.recipe.detecting import Detecting
from netspec.recipe.objective import MAIN, check_side_loss
from netspec.recipe.objectives import Objectives

if TYPE_CHECKING:
    from netspec.training.network import Aim

Outputs = Tensor | Mapping[str, Tensor]


def main_output(outputs: Outputs) -> Tensor:
    """The output that the network is judged by, [N, classes].

    Raises:
        NetspecError: NS0804: there are several and none is called `output`.
    """
    if isinstance(outputs, Tensor):
        return outputs
    if MAIN not in outputs:
        names = ", ".join(f"`{name}`" for name in outputs)
        raise NetspecError.of(
            Code.DATA_MISMATCH,
            f"the network has the outputs {names}; training needs to know which one answers",
            help=f"call that one `{MAIN}` under `outputs:`",
        )
    return outputs[MAIN]


def passed(
    network: nn.Module, aim: Aim, criterion: Callable[..., Any], inputs: Any, targets: Any, side: float | None
) -> tuple[Any, Any]:
    """What a network gives for a batch in training, and the result of `losses_of`; a detector gives losses alone.

    Args:
        network: In training mode.
        aim: What it is trained for.
        criterion: The aim's.
        inputs: The network's.
        targets: The aim's.
        side: The weight of side outputs.

    Raises:
        NetspecError: NS0805: augmentation has made an image so thin that the detector cannot take it.
    """
    if isinstance(aim, Detecting):
        for image in inputs:
            if reason := aim.untaken(*image.shape[-2:]):
                help = "leave thin images out, or change the sizes that `augment` makes"
                message, at = f"an augmented image is too thin: {reason}", (SECTION, "augment")
                raise NetspecError.of(Code.TRAINING_FAILED, message, help=help, path=at)
        return None, criterion(network(inputs, targets))
    outputs = network(inputs)
    return outputs, losses_of(aim, criterion, outputs, targets, side)


def answers(outputs: Any, aim: Aim) -> Any:
    """The outputs that a network is judged by: the main one, or all those that losses read, by name; or boxes."""
    if isinstance(aim, Detecting):
        return outputs
    if isinstance(aim, Objectives):
        assert not isinstance(outputs, Tensor)  # the recipe was checked: there are several
        return {name: outputs[name] for name in aim.read()}
    return main_output(outputs)


def losses_of(aim: Aim, criterion: Callable[..., Any], outputs: Outputs, targets: Any, side: float | None) -> Any:
    """The mean loss of a batch, a scalar; of several losses all by their figures' names, `loss` their sum."""
    if isinstance(aim, Objectives):
        return criterion(answers(outputs, aim), targets)
    return total_loss(criterion, outputs, targets, side)


def summed(losses: Tensor | Mapping[str, Tensor]) -> Tensor:
    """What is minimised, of the result of `losses_of`; a scalar."""
    return losses if isinstance(losses, Tensor) else losses["loss"]


def total_loss(
    loss: Callable[[Tensor, Tensor], Tensor], outputs: Outputs, labels: Tensor, side_weight: float | None
) -> Tensor:
    """The loss of the main output, plus each side output's times its weight; a scalar.

    Raises:
        NetspecError: NS0801: there are side outputs and the recipe gives them no weight.
    """
    total = loss(main_output(outputs), labels)
    if isinstance(outputs, Tensor) or len(outputs) == 1:
        return total
    check_side_loss(outputs, side_weight)
    assert side_weight is not None
    for name, side in outputs.items():
        if name != MAIN:
            total = total + side_weight * loss(side, labels)
    return total
