"""The training script of a spec's recipe: what `netspec train` does, with torch and torchvision alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netspec import api
from netspec.backends.expressions import document
from netspec.backends.layout import Group, layout
from netspec.backends.templates import fill
from netspec.companions.names import importing
from netspec.naming import network_class
from netspec.train.network import MAIN, check_side_loss, misfits, refuse
from netspec.train.spec import SpecSpans, network_of, recipe_of
from netspec.version import __version__

if TYPE_CHECKING:
    from netspec.spec import Spec
    from netspec.train.recipe import Recipe


def training_script(spec: Spec, module: str, command: str) -> str:
    """The script that trains a spec's network by its recipe.

    Args:
        spec: With a section `train`.
        module: What the network's class is imported from.
        command: How the script is called, in its docstring: ``train_lenet.py``.

    Raises:
        NetspecError: The recipe is missing or wrong, or what it names does not fit the network.
    """
    recipe = recipe_of(spec)
    network = network_of(spec, recipe)
    refuse(misfits(network, recipe.data, recipe.data.image, recipe.data.classes), SpecSpans(spec))
    graph = api.elaborate(spec)
    sides = tuple(name for name in (*graph.outputs, *graph.side_outputs) if name != MAIN)
    in_training = len(graph.outputs) + len(graph.side_outputs) > 1
    if in_training:
        check_side_loss(sides, recipe.side_loss)

    def render(imported: str, cls: str) -> str:
        return fill(
            "train.py.j2",
            version=__version__,
            name=spec.name,
            digest=spec.digest,
            cls=cls,
            command=command,
            imported=imported,
            made="\n".join(layout("network = ", Group(f"{cls}(", (), ")"), "", 4)),
            recipe=recipe,
            constants=_constants(recipe, sides if in_training else ()),
            dict_in_training=in_training,
            dict_in_evaluation=len(graph.outputs) > 1,
        )

    return importing(render, module, network_class(spec.name))


def _constants(recipe: Recipe, sides: tuple[str, ...]) -> list[str]:
    """Every value of a recipe that has a say, each as a statement that gives it a name."""
    data = recipe.data
    values: dict[str, Any] = {"epochs": recipe.epochs, "batch_size": data.batch_size, "seed": recipe.seed}
    values |= {name: value for name, value in data.model_dump().items() if name not in values}
    if "folder" in values:
        values["folder"] = values["folder"] or "data"
    silent = {"resize": None, "pad": (0, 0), "range": None, "validation": 0.0}
    values = {name: value for name, value in values.items() if name not in silent or value != silent[name]}
    for part in (recipe.loss, recipe.optimizer, recipe.schedule):
        values |= {name: value for name, value in part.model_dump().items() if (name, value) != ("warmup", 0.0)}
    if sides:
        values |= {"side_outputs": sides, "side_loss": recipe.side_loss}
    return ["\n".join(layout(f"{name.upper()} = ", document(value), "", 0)) for name, value in values.items()]
