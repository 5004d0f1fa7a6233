"""The recipe: the section `train:` of a spec as checked, frozen data. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Conflict, Missing
from netspec.frontend.problems import NOWHERE, Places, Report
from netspec.frontend.schema import SECTION
from netspec.frontend.source import Source
from netspec.recipe.augment import Augmentation
from netspec.recipe.clip import Clip
from netspec.recipe.consistency import check_consistency
from netspec.recipe.data import DataSet
from netspec.recipe.first_layers import FirstLayer
from netspec.recipe.loggers import Logger
from netspec.recipe.loggers.tensorboard import TensorBoard
from netspec.recipe.losses import Loss
from netspec.recipe.metrics import Metric
from netspec.recipe.optimizers import Optimizer
from netspec.recipe.output_losses import Losses
from netspec.recipe.parts import MOST_COUNTED, Part, Settings
from netspec.recipe.phases import Names, Phase, Plan, Unit
from netspec.recipe.reading import read_part, read_settings
from netspec.recipe.run_settings import Averaging, Checkpointing, EarlyStopping, Ema, Lookahead
from netspec.recipe.schedules import Constant, Schedule, Steps
from netspec.recipe.tasks import Task
from netspec.recipe.test_time import Views

Precision = Literal["float32", "bfloat16", "float16"]


class Recipe(Settings):
    """How a network is trained.

    Attributes:
        data: The data set, the batch size, the share held out for validation.
        augment: What is done to the training images, in this order.
        loss: What is minimised; of several outputs the loss of each, whose weighted sum is.
        task: What outputs are compared with; None takes what suits the loss, the data and the network's output.
        metrics: By which the network is judged, beside the task's own.
        optimizer: How; its rate is the base of the schedule.
        schedule: The learning rate over the steps; without one it stays.
        epochs: Rounds over the training images; None where `steps` says how long the run is.
        steps: Steps of the optimizer; None where `epochs` says how long the run is.
        decay: What the optimizer's weight decay is for: `weights` leaves out norms, biases and tensors of one axis.
        first_layer: How the first layer begins, from the training images; None draws it as all others.
        fresh: Modules that begin anew though the run starts from trained weights; names as phases have them.
        phases: What is frozen when, and how fast the rest learns; without any, all learns alike.
        accumulate: Batches whose gradients make one step.
        clip: How gradients are clipped; None leaves them.
        precision: In which the network computes; below float32 it is mixed: weights and sums stay in float32.
        tf32: Whether CUDA may round the factors of float32 products to 10 bits of mantissa.
        compile: Whether steps are compiled; None compiles them on CUDA alone, where a compiler is installed.
        sync_batch_norm: Whether batch norms count the images of all processes, instead of each its own; on CUDA.
        ema: The average of the weights that judges in their place; None for none.
        lookahead: How weights that go ahead are called back, whose slow followers judge in their place; None for none.
        test_time: The views of an image by which the test is judged too; None for the image alone.
        early_stopping: When the run ends before its time; None for never.
        checkpoint: When the run saves itself, beside the end of every epoch.
        log: Where figures go, beside the run's folder.
        log_every: Every so many steps their figures are kept, beside those of the epochs; None for never.
        seed: Of the weights, the order of the images, their augmentation and dropout.
        side_loss: Weight of the loss of each side output (0.3 for GoogLeNet's auxiliary heads, arXiv:1409.4842);
            a network with side outputs needs it.
    """

    data: DataSet
    augment: tuple[Augmentation, ...] = ()
    loss: Loss | Losses
    task: Task | None = None
    metrics: tuple[Metric, ...] = ()
    optimizer: Optimizer
    schedule: Schedule = Constant()
    epochs: int | None = Field(None, gt=0, le=MOST_COUNTED)
    steps: int | None = Field(None, gt=0, le=MOST_COUNTED)
    decay: Literal["all", "weights"] = "all"
    first_layer: FirstLayer | None = None
    fresh: Names = ()
    phases: tuple[Phase, ...] = ()
    accumulate: int = Field(1, gt=0, le=MOST_COUNTED)
    clip: Clip | None = None
    precision: Precision = "float32"
    tf32: bool = False
    compile: bool | None = None
    sync_batch_norm: bool = False
    ema: Ema | None = None
    lookahead: Lookahead | None = None
    test_time: Views | None = None
    early_stopping: EarlyStopping | None = None
    checkpoint: Checkpointing = Checkpointing()
    log: tuple[Logger, ...] = (TensorBoard(),)
    log_every: int | None = Field(None, gt=0, le=1_000_000)
    seed: int = Field(0, ge=0, lt=2**32)
    side_loss: float | None = Field(None, ge=0)

    @property
    def step_size(self) -> int:
        """Images that make a step of the optimizer; the last step of an epoch may have fewer."""
        return self.data.batch_size * self.accumulate

    @property
    def only_loss(self) -> Loss | None:
        """The loss of a network whose outputs are compared with one target; None where each has a loss of its own."""
        return None if isinstance(self.loss, Losses) else self.loss

    def for_outputs(self) -> dict[str, tuple[Loss, Task | None]]:
        """Loss and task by the name of the output that they are for; the only ones go without a name."""
        if isinstance(self.loss, Losses):
            return {name: (each.loss, each.task) for name, each in self.loss.of.items()}
        return {"": (self.loss, self.task)}

    @property
    def averaging(self) -> Averaging | None:
        """How the weights that judge follow those that learn; None where the latter judge."""
        return self.ema or self.lookahead

    @property
    def length(self) -> tuple[Unit, int]:
        """The unit of the run's length, and the length."""
        if self.epochs is not None:
            return "epochs", self.epochs
        assert self.steps is not None  # `read_recipe` sees to it
        return "steps", self.steps

    def kinds(self) -> list[type[Part]]:
        """The classes of its parts, in the order of its keys; those of phases come last."""
        outputs = self.loss.of.values() if isinstance(self.loss, Losses) else ()
        found = [getattr(each, key) for each in (self, *outputs, *self.phases) for key in type(each).model_fields]
        parts = [part for some in found for part in (some if isinstance(some, tuple) else (some,))]
        return list(dict.fromkeys(type(part) for part in parts if isinstance(part, Part)))

    def monitors(self) -> dict[str, str]:
        """The figures that epochs are compared by, other than the loss unasked: by the key that says so."""
        asked = {"checkpoint": self.checkpoint, "early_stopping": self.early_stopping}
        return {key: each.monitor for key, each in asked.items() if each is not None and each.monitor is not None}

    def plan(self, images: int, losses: Sequence[float] = ()) -> Plan:
        """The start of each phase of a run over so many training images, and the rates of its steps.

        The `losses` are those of the epochs that are over, on the held-out images if there are any; the list may grow.
        """
        steps = Steps(self.total_steps(images), self.steps_per_epoch(images))
        return Plan(self.phases, self.length[0], steps, self.optimizer.lr, self.schedule, losses)

    def steps_per_epoch(self, images: int) -> int:
        """Steps of the optimizer in a round over so many training images."""
        return -(-self.data.learned(images) // self.step_size)

    def total_steps(self, images: int) -> int:
        """Steps of the optimizer in all, unless the run stops early."""
        unit, length = self.length
        return length * self.steps_per_epoch(images) if unit == "epochs" else length

    def presentations(self) -> int | None:
        """Training examples of all steps together; None where the data set does not say how many it has.

        Held-out examples are not shown; they are taken of each class alike, so that there may be one more or less.
        """
        examples, held = self.data.training_examples, self.data.validation
        if examples is None:
            return None
        learned = examples - held if isinstance(held, int) else round(examples * (1 - held))
        rounds, rest = divmod(self.total_steps(learned), self.steps_per_epoch(learned))
        shown = self.data.learned(learned)
        return rounds * shown + min(rest * self.step_size, shown)


def read_recipe(data: Any, places: Places = NOWHERE) -> Recipe:
    """Check the section `train` of a spec.

    Args:
        data: The section as plain data, whatever it is. A key without a value is as if it were not there.
        places: The places of the spec's values, for the diagnostics.

    Raises:
        NetspecError: A diagnostic for everything that is wrong.
    """
    report, fields = Report(places), Recipe.model_fields
    if isinstance(data, Mapping):
        data = {k: v for k, v in data.items() if v is not None or k not in fields or fields[k].is_required()}
    recipe = read_settings(Recipe, data, (SECTION,), report)
    if isinstance(data, Mapping):
        _check_length(data, report)
    if recipe is not None and recipe.ema and recipe.lookahead:
        message, help = "`ema` and `lookahead` both say which weights judge", "leave one of them out"
        fact = Conflict(("lookahead", "ema"))
        report.add(Code.CONFLICTING_KEYS, message, (SECTION, "lookahead"), key=True, help=help, fact=fact)
    if recipe is not None and (recipe.epochs is None) != (recipe.steps is None):
        check_consistency(recipe, report)
    if report.diagnostics and isinstance(data, Mapping):
        from netspec.recipe.elsewhere import with_owners  # which reads the classes of the parts

        report.diagnostics[:] = with_owners(report.diagnostics, data, Recipe)
    report.check()
    assert recipe is not None
    return recipe


def _check_length(written: Mapping[str, Any], report: Report) -> None:
    """Note where a run has not exactly one length, in epochs or in steps."""
    if "epochs" in written and "steps" in written:
        message, help = "`epochs` and `steps` both say how long the run is", "leave one of them out"
        fact = Conflict(("steps", "epochs"))
        report.add(Code.CONFLICTING_KEYS, message, (SECTION, "steps"), key=True, help=help, fact=fact)
    elif not ({"epochs", "steps"} & written.keys() or report.suggests("epochs") or report.suggests("steps")):
        expected = "`epochs: 10`, or `steps: 5000`, say"
        report.add(Code.MISSING_KEY, "", (SECTION,), expected=expected, fact=Missing("epochs"))


def override(data: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    """The section with some of its values replaced, those of the command line; None leaves a value as it is.

    Args:
        data: The section `train:`.
        values: `epochs` or `steps`, either in place of both; `seed`, `batch_size`, `folder`; and `log`, names of
            loggers beside the recipe's own.

    Raises:
        NetspecError: NS0204: there is no such logger. NS0801: the data come from no folder.
    """
    given = {key: value for key, value in values.items() if value is not None}
    changed = dict(data)
    if "epochs" in given or "steps" in given:
        changed = {key: value for key, value in changed.items() if key not in ("epochs", "steps")}
    changed.update((key, given[key]) for key in ("epochs", "steps", "seed") if key in given)
    for name in given.get("log", ()):
        report = _at_option(f"--log {name}")
        read_part(Logger, name, (), report)
        report.check()
    if given.get("log"):
        before = changed.get("log")
        changed["log"] = [*(before if isinstance(before, list) else ["tensorboard"]), *given["log"]]
    source = changed.get("data")
    if isinstance(source, str):
        source = {source: None}
    if isinstance(source, Mapping) and source:
        options = dict(source)
        if "folder" in given:
            key = next(iter(source))
            _check_placed(key)
            options[key] = given["folder"]
        if "batch_size" in given:
            options["batch_size"] = given["batch_size"]
        changed["data"] = options
    return changed


def _check_placed(key: Any) -> None:
    """Make sure that a data set has a place that another can stand for; what is no data set is told of elsewhere."""
    kind = DataSet.members.get(key) if isinstance(key, str) else None
    if kind is None or not issubclass(kind, DataSet) or kind.takes_place():
        return
    message = f"the data set `{key}` is read from no file or folder: `--data` does not go with it"
    help = "leave `--data` out, or put data of another kind in its place: --set 'train.data={KIND: PATH}'"
    report = _at_option("--data")
    report.add(Code.BAD_RECIPE, message, (SECTION, "data", key), help=help)
    report.check()


def _at_option(text: str) -> Report:
    """A report of errors that an option of the command line causes."""
    return Report(Source(text, "", {}, {(): (1, 1, 1, 1)}, {}))
