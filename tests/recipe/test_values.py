"""What outputs stand for, by each loss: every figure of every task against torchmetrics, and the script's beside it."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
import torch
import torchmetrics.functional as tm
from torch import Tensor
from torchmetrics.functional import classification as of_classes
from torchmetrics.functional import image as of_images
from torchmetrics.functional import text as of_text

from netspec import api
from netspec.companions.settings import settings_of
from netspec.driver.recipes import recipe_of
from netspec.functional.figures import Figures
from netspec.recipe.function import Function
from netspec.recipe.losses import IgnoringLoss, Loss
from netspec.recipe.losses.distance import Mse
from netspec.recipe.metrics import Metric
from netspec.recipe.objective import Objective
from netspec.recipe.objectives import Objectives
from netspec.recipe.tasks import Problem, Task, TaskFacts
from netspec.recipe.tasks.values import Regression
from netspec.training.spec import network_of
from tests.companions.recipes import digits

CPU = torch.device("cpu")

VALUES = {
    "mse": lambda y: y,
    "l1": lambda y: y,
    "smooth_l1": lambda y: y,
    "huber": lambda y: y,
    "bce_with_logits": lambda y: 1 / (1 + (-y).exp()),
}
"""The values that a loss gives outputs, by its formula."""

SHARES = {
    "cross_entropy": lambda y: y.exp() / y.exp().sum(1, keepdim=True),
    "focal": lambda y: y.exp() / y.exp().sum(1, keepdim=True),
    "dice": lambda y: y.exp() / y.exp().sum(1, keepdim=True),
    "nll": torch.exp,
    "bce_with_logits": lambda y: 1 / (1 + (-y).exp()),
    "mse": lambda y: ((y + 1) / 2).clamp(0, 1),
    "map": lambda y: (-y).exp() / (torch.e**-0.1 + (-y).exp().sum(1, keepdim=True)),
    "multi_margin": lambda y: y.exp() / y.exp().sum(1, keepdim=True),  # scores alone, whose softmax is taken
}
"""The probabilities that a loss gives outputs, by its formula."""

FACTS = {
    "classification": TaskFacts((1, 8, 8), (4,), 4),
    "segmentation": TaskFacts((1, 4, 3), (4, 4, 3), 4, (4, 3), 255),
    "multi_label": TaskFacts((1, 8, 8), (3,), 0, (3,), binary=True),
    "regression": TaskFacts((1, 8, 8), (3,), 0, (3,), binary=False),
    "autoencoding": TaskFacts((1, 4, 3), (1, 4, 3), 0, None),
    "next_token": TaskFacts((5,), (5, 4), 4),
    "masked_token": TaskFacts((5,), (5, 4), 4),
}

PAIRS = [
    (task, loss)
    for task in FACTS
    for loss in (VALUES if task in ("regression", "autoencoding") else SHARES)
    if Task.members[task].learns(Loss.members[loss])
]
"""The losses whose formulas stand above, so that another loss needs no row here."""

SMALL = digits()
RECIPE, GRAPH = recipe_of(SMALL), api.elaborate(SMALL)
NETWORK = network_of(SMALL, RECIPE)


def drawn(task: str, loss: str) -> tuple[Tensor, Tensor]:
    """Outputs as the loss expects them, and targets."""
    generator = torch.Generator().manual_seed(3)
    facts = FACTS[task]
    outputs = 1.5 * torch.randn(60, *facts.outputs, generator=generator)
    if loss == "nll":
        outputs = outputs.log_softmax(-1 if "token" in task else 1)
    if task == "multi_label":
        return outputs, torch.randint(2, (60, 3), generator=generator).float()
    if task in ("regression", "autoencoding"):
        return outputs, torch.rand(60, *facts.outputs, generator=generator)
    shape = (60, 5) if "token" in task else (60, *facts.outputs[1:])
    return outputs, torch.randint(4, shape, generator=generator)


def by_hand(task: str, loss: str, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
    """The figures by torchmetrics, of what the loss's formula makes of outputs."""
    if task in ("regression", "autoencoding"):
        told = VALUES[loss](outputs.double()).flatten(1)
        wanted = targets.double().flatten(1)
        span = (targets.max() - targets.min()).item()
        errors = {"mse": tm.mean_squared_error(told, wanted), "mae": tm.mean_absolute_error(told, wanted)}
        errors["rmse"] = errors["mse"].sqrt()
        if task == "regression":
            return {**errors, "r2": tm.r2_score(told, wanted)}
        return {**errors, "psnr": of_images.peak_signal_noise_ratio(told, wanted, data_range=span)}
    if task == "multi_label":
        told, wanted = outputs.sigmoid(), targets.int()
        return {
            "label_f1": of_classes.multilabel_f1_score(told, wanted, 3),
            "mean_average_precision": of_classes.multilabel_average_precision(told, wanted, 3),
        }
    if "token" in task:  # a text is drawn from the softmax, whatever the loss
        figures = {"perplexity": of_text.perplexity(outputs, targets)}
        figures["token_accuracy"] = (outputs.argmax(-1) == targets).double().mean()
        return figures | ({"bits_per_byte": figures["perplexity"].log2()} if task == "next_token" else {})
    told = SHARES[loss](outputs)
    best = outputs.argmin(1) if loss == "map" else outputs.argmax(1)
    found = {"auroc": of_classes.multiclass_auroc(told, targets, 4)}
    if task == "segmentation":
        iou = of_classes.multiclass_jaccard_index(best, targets, 4)
        return {**found, "pixel_accuracy": (best == targets).double().mean(), "miou": iou}
    error = of_classes.multiclass_calibration_error(told, targets, 4, n_bins=15)
    return {**found, "accuracy": (best == targets).double().mean(), "calibration_error": error}


def objective(task: str, loss: str) -> Objective:
    given = Loss.members[loss]()
    assert isinstance(given, Loss)
    if task == "segmentation" and isinstance(given, IgnoringLoss):
        given = given.ignoring(255)
    kind = Task.members[task]()
    own = {metric.key for metric in kind.own(FACTS[task])}
    extra = [
        key for key, metric in Metric.members.items() if task in metric.tasks and key not in own | {"top_k", "top5"}
    ]
    return Objective(kind, given, FACTS[task], tuple(Metric.members[key]() for key in extra))


@pytest.mark.parametrize(("task", "loss"), PAIRS)
def test_figures_are_of_what_outputs_stand_for(task: str, loss: str) -> None:
    aimed, (outputs, targets) = objective(task, loss), drawn(task, loss)
    wanted = {name: value.item() for name, value in by_hand(task, loss, outputs, targets).items()}
    meter, mean = aimed.meter(CPU), aimed.criterion()(outputs, targets)
    for y, t in zip(outputs.split(25), targets.split(25), strict=True):
        meter.update(y, t, mean)
    found = meter.figures()
    rough = {"mean_average_precision": 2e-3, "auroc": 4e-3}  # counted in steps of logits and of confidence
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value, rel=1e-5, abs=rough.get(name, 1e-6)), name
    objectives = aimed, Objectives({"output": aimed}, {"output": 1.0})
    made = [settings_of(RECIPE, each, GRAPH, NETWORK) for each in objectives]
    compared = made[0]["compared"]
    brought = compared.made()(outputs, targets) if compared else (outputs, targets)
    (aim,) = (each.made() for each in made[1]["aims"])
    counters = {name: counter.made() for name, counter in made[0]["metrics"].items()}
    alone, among_several = Figures(counters, CPU), Figures(aim.metrics, CPU)
    alone.update(*brought, mean)
    among_several.update(*aim.counted(outputs, targets), mean)
    for scripted in (alone.values(), among_several.values()):
        assert {name: scripted[name] for name in wanted} == pytest.approx({name: found[name] for name in wanted})


class Rate(Loss):
    """A plugin's: Poisson's likelihood of counts, whose rate is told by its logarithm, or as it is."""

    key: ClassVar[str] = "rate"
    for_values: ClassVar[str] = "torch.nn.functional.poisson_nll_loss"
    targets_within: ClassVar[tuple[float, float] | None] = (0, float("inf"))

    log_input: bool = True

    def to_values(self) -> Function | None:
        return Function("torch.exp") if self.log_input else None


def test_what_a_plugin_s_outputs_stand_for() -> None:
    """By default what the loss expects tells; else it names the function, and nothing else may."""
    outputs = torch.tensor([[-1.0, 0.0, 2.0]])
    assert torch.equal(Rate().values(outputs), outputs.exp())
    assert torch.equal(Rate(log_input=False).values(outputs), outputs)

    def kind(**told: Any) -> Loss:
        return type("Own", (Rate,), {"__module__": __name__, "to_values": Loss.to_values, **told})()

    assert torch.equal(kind().values(outputs), outputs)
    assert torch.equal(kind(expects="logits").values(outputs), outputs.sigmoid())
    assert torch.equal(kind(expects="log-probabilities").values(outputs), outputs.exp())
    assert torch.equal(kind(of_labels=True).values(outputs), outputs.sigmoid())
    assert torch.equal(kind(as_values="torch.square").values(outputs), outputs**2)
    assert kind(expects="logits").probabilities(outputs) is None  # a softmax's, or sigmoids': that is not known
    assert torch.equal(kind(as_probabilities="torch.sigmoid").probabilities(outputs), outputs.sigmoid())
    assert Rate.faults() == []
    assert "`values` itself" in " ".join(type(kind(values=lambda self, y: y)).faults())
    for wrong in ((1, 0), (0, 1, 2), 1):
        assert "says `targets_within`, which is not" in " ".join(type(kind(targets_within=wrong)).faults())
    assert "names the function `ghost`" in " ".join(type(kind(as_values="ghost")).faults())


def test_targets_beyond_a_plugin_s_range_are_told() -> None:
    def told(loss: Loss, least: float) -> list[Problem]:
        return Regression().unfit(loss, TaskFacts((4,), (1,), 0, (1,), target_range=(least, 9.0)))

    assert told(Rate(), 0.0) == told(Mse(), -1.0) == []
    message = "rate takes targets of 0 or more; those of the data are from -1 to 9"
    assert told(Rate(), -1.0) == [(message, "scale the targets, or take `mse`")]


def test_every_loss_is_judged() -> None:
    """A new loss says here, by its formula, what its outputs stand for."""
    assert {loss for _, loss in PAIRS} == VALUES.keys() | SHARES.keys()
