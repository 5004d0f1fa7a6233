"""The training script of a spec's recipe: what `netspec train` does, with torch and torchvision alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netspec import api
from netspec.backends.expressions import document
from netspec.backends.layout import Group, layout
from netspec.backends.templates import fill
from netspec.companions.covered import check_covered, check_task, used_options
from netspec.companions.names import importing
from netspec.companions.proof import WORD, harmless, proven_python
from netspec.diagnostics import Code, NetspecError
from netspec.driver.recipes import recipe_of
from netspec.program.naming import network_class
from netspec.recipe.findings import spans_in
from netspec.recipe.objective import MAIN, check_side_loss, objective_of
from netspec.train.network import misfits, refuse, task_facts
from netspec.train.spec import network_of
from netspec.version import __version__

if TYPE_CHECKING:
    from netspec.driver.spec import Spec
    from netspec.recipe.recipe import Recipe


def training_script(spec: Spec, module: str, command: str) -> str:
    """The script that trains a spec's network by its recipe.

    Args:
        spec: With a section `train`.
        module: What the network's class is imported from.
        command: How the script is called, in its docstring: ``train_lenet.py``.

    Raises:
        NetspecError: The recipe is missing or wrong, or what it names does not fit the network.
    """
    recipe, spans = recipe_of(spec), spans_in(spec.document.places)
    check_covered(recipe, spans)
    network = network_of(spec, recipe)
    data = recipe.data
    assert data.image is not None  # those that the templates have are of one size
    assert data.class_count is not None
    if isinstance(data.validation, int):
        message = "the training script cannot hold out a number of images yet"
        help = "write `validation` as a share: 0.1, say"
        raise NetspecError.of(Code.BAD_RECIPE, message, span=spans(("data", "validation")), help=help)
    objective = objective_of(recipe, task_facts(network, data, data.class_count))
    check_task(objective, spans)
    refuse([*misfits(network, data, data.image), *objective.misfits()], objective.refused(), spans)
    graph = api.elaborate(spec)
    sides = tuple(name for name in (*graph.outputs, *graph.side_outputs) if name != MAIN)
    in_training = len(graph.outputs) + len(graph.side_outputs) > 1
    if in_training:
        check_side_loss(sides, recipe.side_loss)

    values = _values(recipe, sides if in_training else ())

    def render(imported: str, cls: str, values: Mapping[str, Any] = values, name: str = spec.name) -> str:
        return fill(
            "train.py.j2",
            version=__version__,
            name=name,
            digest=spec.digest,
            cls=cls,
            command=command if name == spec.name else WORD,
            imported=imported,
            made="\n".join(layout("network = ", Group(f"{cls}(", (), ")"), "", 4)),
            recipe=recipe,
            constants=[_constant(name, value) for name, value in values.items()],
            dict_in_training=in_training,
            dict_in_evaluation=len(graph.outputs) > 1,
        )

    used = used_options(recipe, render("", "Network"), values, spans)
    values = {name: value for name, value in values.items() if name in used}
    inert = {name: harmless(value) for name, value in values.items()}

    def pair(imported: str, cls: str) -> str:
        return proven_python(render(imported, cls, values), render(imported, cls, inert, WORD), "the training script")

    return importing(pair, module, network_class(spec.name))


def _constant(name: str, value: Any) -> str:
    """A statement that gives a value a name."""
    return "\n".join(layout(f"{name.upper()} = ", document(value), "", 0))


def _values(recipe: Recipe, sides: tuple[str, ...]) -> dict[str, Any]:
    """Every value of a recipe that has a say, by its name in small letters."""
    data = recipe.data
    values: dict[str, Any] = {"epochs": recipe.epochs, "batch_size": data.batch_size, "seed": recipe.seed}
    values |= {name: value for name, value in data.model_dump().items() if name not in values}
    if "folder" in values:
        values["folder"] = values["folder"] or "data"
    silent = {"resize": None, "pad": (0, 0), "range": None, "validation": 0.0, "mean": None, "std": None}
    silent |= {"drop_last": False}
    values = {name: value for name, value in values.items() if name not in silent or value != silent[name]}
    for part in (recipe.loss, recipe.optimizer, recipe.schedule):
        values |= {name: value for name, value in part.model_dump().items() if (name, value) != ("warmup", 0.0)}
    if sides:
        values |= {"side_outputs": sides, "side_loss": recipe.side_loss}
    return values
