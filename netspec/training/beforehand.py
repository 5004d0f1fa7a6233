"""Failures of device, folder and data that can be known before torch is imported, which takes seconds. Imports none."""

from __future__ import annotations

import ast
import ctypes
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.driver.recipes import places_of, recipe_of
from netspec.driver.spec import Spec, elaborate
from netspec.frontend.problems import Places
from netspec.frontend.schema import SECTION
from netspec.recipe.fitting import check_options
from netspec.recipe.fitting_data import check_data
from netspec.recipe.modules import check_start
from netspec.recipe.objective import check_side_loss
from netspec.recipe.placing import placed
from netspec.recipe.recipe import Recipe
from netspec.training.keeping.new_folder import check_new_folder

if TYPE_CHECKING:
    from netspec.diagnostics.arguments import Device

_DRIVERS = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}
"""The driver's library that CUDA loads, by system; without it torch finds no device."""


def check_beforehand(spec: Spec, device: Device, out: Path | None, *, anew: bool, **values: Any) -> None:
    """Make sure that nothing is in the way of training a spec that can be seen without torch.

    Args:
        spec: A spec with a section `train`.
        device: As `train_spec` takes it, and so `out` and `values`.
        out: The run's folder.
        anew: Whether the weights are drawn.
        values: What stands in place of the recipe's own.

    Raises:
        NetspecError: The spec or its recipe is wrong. NS0805: CUDA is asked for, and there is none. NS0903: the folder
            cannot be made. NS0802, NS0803: the data are not there, or their files do not begin as such files do.
    """
    recipe, places = recipe_of(spec, **values), places_of(spec, **values)
    check_recipe(spec, recipe, places, anew=anew)
    check_device(device)
    for logger in recipe.log:
        logger.check()
    check_new_folder(out)
    with placed(recipe, places):
        recipe.data.look()


def check_recipe(spec: Spec, recipe: Recipe, places: Places, *, anew: bool) -> None:
    """Make sure that a recipe fits its network, as far as it is known before data and weights are read.

    Raises:
        NetspecError: The network is wrong; NS0804: it does not fit what the data surely are; NS0801: some modules are
            to begin anew where all do, or side outputs have no weight.
    """
    graph = elaborate(spec)
    check_options(recipe, graph, places)
    check_data(recipe, graph, places, remedy_of(spec, recipe))
    if anew:
        check_start(recipe, spec.document.weights.source, places)
    elif recipe.first_layer:
        message = "`first_layer` is drawn from the images, and the run starts from trained weights"
        help, place = "leave one of them out", places.span((SECTION, "first_layer"))
        raise NetspecError.of(Code.BAD_RECIPE, message, span=place, help=help)
    if recipe.only_loss and graph.detection is None and len(graph.outputs) + len(graph.side_outputs) > 1:
        check_side_loss((*graph.outputs, *graph.side_outputs), recipe.side_loss, places.span((SECTION,)))


def remedy_of(spec: Spec, recipe: Recipe) -> str | None:
    """The change that makes a network give an answer for each image and not for each row; None where it does."""
    from netspec.lints.base import Network
    from netspec.lints.forgotten_flatten import remedy

    return remedy(Network(api.analyze(spec), spec.document, recipe))


def check_device(device: Device) -> None:
    """Make sure that a device may be there.

    Raises:
        NetspecError: NS0805: CUDA is asked for, and there is none.
    """
    if device == "cuda" and is_without_cuda():
        raise no_cuda()


def no_cuda() -> NetspecError:
    """The error of CUDA that is asked for where there is none, NS0805."""
    message = "there is no CUDA device that torch can use"
    return NetspecError.of(Code.TRAINING_FAILED, message, help="--device cpu trains without one")


def is_without_cuda() -> bool:
    """Whether torch surely finds no CUDA device: it was built without CUDA, or the driver's library cannot be loaded.

    Where both are there, torch alone can tell: a driver may be too old, or all devices hidden. AMD's devices are
    CUDA's to torch, and left to it.
    """
    cuda, hip = _built_for()
    if hip:
        return False
    if not cuda:
        return True
    try:
        ctypes.CDLL(_DRIVERS[sys.platform])
    except OSError:
        return True
    except KeyError:
        return False
    return False


def _built_for() -> tuple[object, object]:
    """The versions of CUDA and of AMD's HIP that torch was built for, as its own file tells; None for neither.

    Where the file tells nothing, as that of another version may, CUDA is taken to be there.
    """
    spec = find_spec("torch")
    told: dict[str, object] = {}
    if spec and spec.origin:
        try:
            text = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
            for each in ast.parse(text).body:
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and each.value:
                    told[each.target.id] = ast.literal_eval(each.value)
        except (OSError, SyntaxError, ValueError):
            told = {}
    return told.get("cuda", "unknown"), told.get("hip")
