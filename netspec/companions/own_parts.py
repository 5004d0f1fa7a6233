"""What a training script takes of plugins' parts: their functions, carried along with all that they read of their file.

A function of a distribution is imported from there. What needs more of netspec than its functions is refused by the
key of the recipe. Imports no torch.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from netspec.companions.carrying import HOME, Name
from netspec.companions.written import functions_in
from netspec.diagnostics import Code, NetspecError
from netspec.frontend.problems import Places
from netspec.frontend.schema import SECTION
from netspec.lowering.foreign import FUTURE, PluginFile
from netspec.lowering.origins import find_module
from netspec.objects.immutable import immutable
from netspec.program.foreign import Definition, Import
from netspec.program.python_file import NotCarried
from netspec.recipe.data import DataSet
from netspec.recipe.losses import Loss
from netspec.recipe.optimizers import Optimizer
from netspec.recipe.output_losses import Losses
from netspec.recipe.parts import Part
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import Task

KEYS = {
    **dict.fromkeys(("load_data", "load_folder"), "data"),
    **dict.fromkeys(("changes", "mixes", "boxes"), "augment"),
    **dict.fromkeys(("criterion", "aims", "targets_of", "compared", "box_losses"), "loss"),
    **dict.fromkeys(("headline", "metrics"), "metrics"),
    **dict.fromkeys(("make_optimizer", "begin"), "optimizer"),
    "learning_rate": "schedule",
    "phases": "phases",
    "clip": "clip",
    "views": "test_time",
}
"""The key of a recipe that each setting with functions comes from."""

_METHODS: tuple[tuple[type[Part], tuple[str, ...]], ...] = (
    (DataSet, ("load", "learned", "shape")),
    (Loss, ("scores", "predict")),
    (Optimizer, ("make",)),
    (Task, ("criterion", "own", "targets", "compared")),
)
"""Methods that `netspec train` calls and no script can: a plugin that brings its own cannot be followed."""


@immutable
class OwnParts:
    """What a script takes of plugins' files.

    Attributes:
        definitions: The statements that it carries, each file's in its order.
        imports: The imports that they need from elsewhere.
        names: What they need of `netspec.functional`, to be carried too.
    """

    definitions: tuple[Definition, ...] = ()
    imports: tuple[Import, ...] = ()
    names: tuple[Name, ...] = ()


def uncarried(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """The keys of plugins' parts that do more than functions can, each with the part and the method that does."""
    for key in type(recipe).model_fields:
        value = getattr(recipe, key)
        if isinstance(value, Losses):
            value = tuple(part for each in value.of.values() for part in (each.loss, each.task))
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Part) and not part.is_builtin():
                for family, methods in _METHODS:
                    for name in methods if isinstance(part, family) else ():
                        if _is_plugins(type(part), name):
                            yield key, f"{part.key}.{name}"


def own_parts(settings: Mapping[str, Any], places: Places) -> OwnParts:
    """What the functions among settings need of plugins' files.

    Raises:
        NetspecError: NS0920: a function cannot be carried; the key of the recipe is told.
    """
    definitions: dict[Definition, None] = {}
    imports: set[Import] = set()
    names: dict[Name, None] = {}
    files: dict[str, PluginFile] = {}
    for setting, value in settings.items():
        key = KEYS.get(setting, setting)
        for function in functions_in(value):
            module, _, name = function.target.rpartition(".")
            if not is_of_a_file(module):
                continue
            try:
                file = getattr(sys.modules.get(module), "__file__", None) or module
                if file not in files:
                    files[file] = PluginFile(file)
                taken, needed = files[file].closure(name)
                own = {made: _own_name(made) for made in taken if made.module.partition(".")[0] == "netspec"}
            except NotCarried as error:
                _refuse(f"`{name}` cannot be carried into the training script: it {error}", key, places)
            definitions.update(dict.fromkeys(needed))
            imports.update(made for made in taken if made not in own and made != FUTURE)
            names.update(dict.fromkeys(own.values()))
    return OwnParts(tuple(sorted(definitions)), tuple(sorted(imports)), tuple(names))


def is_of_a_file(module: str) -> bool:
    """Whether a module was run from a file, and no script could import it."""
    top = module.partition(".")[0]
    return top not in ("netspec", "torch") and module in sys.modules and find_module(module) is None


def check_names(own: OwnParts, bound: Mapping[str, str], places: Places) -> None:
    """Make sure that no name of a plugin has another meaning in the script.

    Args:
        own: What the script takes of plugins.
        bound: The names that the script binds otherwise, with their meanings.
        places: The places of the spec's values.

    Raises:
        NetspecError: NS0921: one has.
    """
    meant = dict(bound)
    found = [(made.binds, made.dotted) for made in own.imports]
    found += [(name, f"{made.file}:{made.line}") for made in own.definitions for name in made.names]
    for name, what in found:
        before = meant.setdefault(name, what)
        if before != what and what.rpartition(":")[0] != before.rpartition(":")[0]:
            raise NetspecError.of(
                Code.NAME_CLASH,
                f"the training script would give `{name}` two meanings: {before}, and {what}",
                span=places.span((SECTION,)),
                help="give the plugin's another name",
            )


def _own_name(made: Import) -> Name:
    """The place in `netspec.functional` of a name that a plugin imports from netspec.

    Raises:
        NotCarried: It is none of those, or bears another name there.
    """
    value = getattr(sys.modules.get(made.module), made.name, None)
    home = made.module if made.module.startswith(f"{HOME}.") else getattr(value, "__module__", "")
    if not home.startswith(f"{HOME}.") or made.alias:
        raise NotCarried(f"reads `{made.binds}`, {made.dotted} of netspec: a script can have what {HOME} defines")
    return Name(home, made.name)


def _is_plugins(kind: type[Part], name: str) -> bool:
    """Whether a plugin's class, and not netspec's, says what a method does."""
    return not next(each for each in kind.__mro__ if name in each.__dict__).__module__.startswith("netspec.")


def _refuse(message: str, key: str, places: Places) -> NoReturn:
    help = "let it stand in functions of its own file, or train with `netspec train`"
    raise NetspecError.of(Code.FOREIGN_TARGET, message, span=places.span((SECTION, key)), help=help)
