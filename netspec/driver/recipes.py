"""The recipe of a spec: its section `train`, read and checked against the network. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, NetspecError
from netspec.driver.spec import Spec, elaborate
from netspec.frontend.schema import SECTION

if TYPE_CHECKING:
    from netspec.frontend.inherit import Merged
    from netspec.graph import Graph
    from netspec.recipe.recipe import Recipe


def recipe_of(spec: Spec, **values: Any) -> Recipe:
    """The checked recipe of a spec, with module names of the network.

    Args:
        spec: A spec with a section `train`.
        values: `epochs` or `steps`, `seed`, `batch_size` and the data's `folder`, in place of the recipe's own; None
            keeps the recipe's value.

    Raises:
        NetspecError: NS0801: the spec has no recipe; or the errors of the recipe.
    """
    from netspec.recipe.modules import resolve_names
    from netspec.recipe.recipe import override, read_recipe

    written = spec.document.train
    if written is None:
        raise NetspecError.of(
            Code.BAD_RECIPE,
            f"`{spec.name}` has no section `train`: it does not say how it is trained",
            help="add `train: {data: digits, loss: cross_entropy, optimizer: {adamw: 2e-3}, epochs: 10}`, say",
        )
    places = spec.document.places
    recipe = read_recipe(override(written, **values), places)
    return resolve_names(recipe, elaborate(spec), places) if recipe.phases or recipe.fresh else recipe


def checked_recipe(document: Merged, graph: Graph | None) -> Recipe | None:
    """The recipe of a document, also checked against its network; None if there is none.

    The check of the language reports a section `train` that is no mapping.

    Args:
        document: The document, with any value in its section `train`.
        graph: The network, whose modules and outputs the recipe must fit; None if the network has errors.

    Raises:
        NetspecError: The recipe is wrong.
    """
    written = document.data.get(SECTION)
    if not isinstance(written, Mapping):
        return None
    from netspec.recipe.modules import resolve_names
    from netspec.recipe.objective import check_against_outputs
    from netspec.recipe.recipe import read_recipe

    found = read_recipe(written, document)
    if graph is not None:
        check_against_outputs(found, graph, document)
    if graph is not None and (found.phases or found.fresh):
        resolve_names(found, graph, document)
    return found
