"""The training script of a spec's recipe: what `netspec train` does, in plain PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netspec import api
from netspec.backends.imports import import_lines, packages
from netspec.backends.templates import fill
from netspec.companions.aim import aim_of
from netspec.companions.carrying import HOME, SCRIPT, SETTINGS, Carried, Name, annotation
from netspec.companions.names import needs_of
from netspec.companions.own_parts import check_names, is_of_a_file, own_parts
from netspec.companions.proof import WORD, harmless, proven_python
from netspec.companions.refusing import check_carried
from netspec.companions.settings import kinds_of, settings_of
from netspec.companions.written import carried_name, functions_in, imports_of, statement
from netspec.driver.recipes import recipe_of
from netspec.program.naming import network_class
from netspec.program.python_file import PythonFile
from netspec.recipe.fitting import check_options
from netspec.recipe.fitting_data import check_data
from netspec.training.spec import network_of
from netspec.version import __version__

if TYPE_CHECKING:
    from netspec.driver.spec import Spec

_MAIN = Name(f"{SCRIPT}main", "main")

NETWORK = "Network"
"""The setting that makes the network."""


def training_script(spec: Spec, module: str, command: str) -> str:
    """The script that trains a spec's network by its recipe.

    Args:
        spec: With a section `train`.
        module: The module that the network's class is imported from.
        command: The command of the script, for its docstring: ``train_lenet.py``.

    Raises:
        NetspecError: The recipe is missing or wrong, or what it names does not fit the network.
    """
    recipe, places = recipe_of(spec), spec.document.places
    check_carried(recipe, places)
    network = network_of(spec, recipe)
    graph = api.elaborate(spec)
    check_options(recipe, graph, places)
    check_data(recipe, graph, places, network.remedy)
    objective = aim_of(recipe, network, places)
    settings, kinds = settings_of(recipe, objective, graph, network), kinds_of(recipe, objective)
    carried = Carried({**settings, "REFUSES": _refuses(settings, kinds)}, kinds)
    carried.add(_MAIN)
    used = {name: value for name, value in settings.items() if name in carried.settings}
    typed = {name: annotation(name) for name, value in used.items() if isinstance(value, (dict, list))}
    functions = list(functions_in(used))
    own = own_parts(used, places)
    carried.add(*filter(None, map(carried_name, functions)), *own.names)
    carried.add(*(name for text in typed.values() for name in carried.needed(SETTINGS, f"setting: {text}")))
    carried.prune([*(made.text for made in own.definitions), *(statement(key, used[key]) for key in used)])
    carried.imports.update(each for function in functions for each in imports_of(function, is_of_a_file))
    for text in typed.values():
        carried.needed(SETTINGS, f"setting: {text}")

    check_names(own, _meanings(carried, used), places)
    carried.imports.update(own.imports)

    def render(values: Mapping[str, Any], name: str, command: str) -> str:
        definitions = [*carried.texts(of_script=False), *(made.text for made in own.definitions)]
        definitions += ["\n".join(statement(key, values[key], typed.get(key)) for key in values if not key.isupper())]
        definitions += carried.texts(of_script=True)
        return fill(
            "train.py.j2",
            version=__version__,
            name=name,
            digest=spec.digest,
            cls=cls,
            data=recipe.data.key,
            needs=needs,
            command=command,
            imports=imports,
            network=f"from {module} import {cls}{'' if cls == NETWORK else f' as {NETWORK}'}",
            constants=[statement(key, values[key]) for key in values if key.isupper()],
            definitions=list(_paragraphs(definitions)),
        )

    cls, imports = network_class(spec.name), import_lines(carried.imports)
    texts = [*imports, *carried.texts(of_script=False), *carried.texts(of_script=True)]
    needs = needs_of("\n".join(texts), packages(api.lower(spec)))
    inert = {key: harmless(value) for key, value in used.items()}
    return proven_python(render(used, spec.name, command), render(inert, WORD, WORD), "the training script")


def _paragraphs(definitions: Sequence[str]) -> Iterator[str]:
    """Definitions as two empty lines part them: assignments that follow each other are one."""
    plain: list[str] = []
    for each in definitions:
        if each.startswith(("@", "def ", "class ")):
            yield from (["\n\n".join(plain)] if plain else [])
            yield each
            plain = []
        else:
            plain.append(each)
    yield from (["\n\n".join(plain)] if plain else [])


def _refuses(settings: Mapping[str, Any], kinds: tuple[str, ...]) -> bool:
    """Whether a script may refuse data that it has read, or reads as they are asked for."""
    carried = Carried({**settings, "REFUSES": False}, kinds)
    late = settings["STREAMS"] or {"boxes", "texts"} & {*kinds}
    carried.add(_MAIN, *filter(None, map(carried_name, functions_in(settings) if late else ())))
    return carried.holds(Name(f"{HOME}.examples", "UnfitData"))


def _meanings(carried: Carried, settings: Mapping[str, Any]) -> dict[str, str]:
    """The names that a script binds, apart from those of plugins, with their meanings."""
    texts = [*carried.texts(of_script=False), *carried.texts(of_script=True)]
    made = PythonFile("", "\n".join(texts))
    names = (*made.definitions, *settings, NETWORK)
    return dict.fromkeys(names, "the script's own") | {each.binds: each.dotted for each in carried.imports}
