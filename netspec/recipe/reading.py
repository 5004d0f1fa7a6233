"""Reading of a recipe's parts and settings from plain data; problems in them are reported. Imports no torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar, cast, get_args, get_origin

from pydantic import ValidationError

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Kind, Misplaced, Missing, NotFirst, Unknown, WrongType
from netspec.frontend.entries import Entry
from netspec.frontend.form_errors import form_errors
from netspec.frontend.options import given, problems_of, takes, wrong_options
from netspec.frontend.problems import Problem, Report, kind_of
from netspec.frontend.source import Path_
from netspec.frontend.synonyms import option_meant
from netspec.recipe.losses import Loss
from netspec.recipe.output_losses import Losses, OutputLoss, tells_outputs
from netspec.recipe.parts import Part, Settings
from netspec.recipe.tasks import Task

P = TypeVar("P", bound=Part)
S = TypeVar("S", bound=Settings)

_LISTED = 9
"""The most options that are named one by one where a mapping of them is due."""

_FAILED = object()
"""The value of a key with a reported problem."""


def read_settings(kind: type[S], value: Any, path: Path_, report: Report) -> S | None:
    """The settings that `value` writes, or None after noting their problems.

    Args:
        kind: The class of the settings.
        value: A mapping of options.
        path: The place of the value.
        report: Takes the problems.
    """
    fields = {field.alias or name: field for name, field in kind.model_fields.items()}
    if not isinstance(value, Mapping):
        name = path[-1] if isinstance(path[-1], str) else ""
        options = tuple(Kind("choice", word=each) for each in sorted(fields)) if len(fields) <= _LISTED else ()
        fact = WrongType(name, (Kind("mapping", options),))
        report.add(Code.WRONG_TYPE, "", path, found=kind_of(value), fact=fact)
        return None
    values: dict[str, Any] = {}
    failed: set[str] = set()  # reported already: pydantic is not to say it again
    for key, each in _by_text(value).items():
        values[key] = _read_field(fields[key].annotation, each, (*path, key), report) if key in fields else each
        if values[key] is _FAILED:
            failed.add(key)
    try:
        made = kind.model_validate(values)
    except ValidationError as error:
        depth = len(path)
        problems = form_errors(error, kind, path)
        report.extend(each for each in problems if len(each.location) == depth or each.location[depth] not in failed)
        return None
    return None if failed else made


def _by_text(value: Mapping[Any, Any]) -> dict[str, Any]:
    """A mapping whose keys are texts, as YAML gives it; in plain data a key may be anything."""
    return {str(key): each for key, each in value.items()}


def kind_of_field(annotation: Any) -> type[Part | Settings] | None:
    """The family or the settings of a field, or of its items; None of any other."""
    kinds = [each for each in (annotation, *get_args(annotation)) if isinstance(each, type)]
    return next((each for each in kinds if issubclass(each, Part | Settings)), None)


def _read_field(annotation: Any, value: Any, path: Path_, report: Report) -> Any:
    """The value of a key, its parts and settings read; `_FAILED` where these are wrong."""
    kind = kind_of_field(annotation)
    if kind is None or (value is None and type(None) in get_args(annotation)):
        return value
    if Losses in get_args(annotation) and tells_outputs(value):
        losses = _read_losses(value, path, report)
        return _FAILED if losses is None else losses
    if get_origin(annotation) is not tuple:
        made = _read_one(kind, value, path, report)
        return _FAILED if made is None else made
    if isinstance(value, list | tuple):
        several = tuple(_read_one(kind, each, (*path, index), report) for index, each in enumerate(value))
        return _FAILED if None in several else several
    fact = WrongType(str(path[-1]), (Kind("list"),))
    report.add(Code.WRONG_TYPE, "", path, found=kind_of(value), fact=fact)
    return _FAILED


def _read_losses(value: Mapping[Any, Any], path: Path_, report: Report) -> Losses | None:
    """The losses of several outputs, or None after noting their problems."""
    found = {name: _read_output_loss(each, (*path, name), report) for name, each in _by_text(value).items()}
    read = {name: each for name, each in found.items() if each is not None}
    return Losses(of=read) if len(read) == len(found) else None


def _read_output_loss(value: Any, path: Path_, report: Report) -> OutputLoss | None:
    """The loss of an output with what is said beside its options, or None after noting their problems."""
    own = tuple(key for key in OutputLoss.model_fields if key != "loss")
    given = {key: each for key, each in value.items() if key in own} if isinstance(value, Mapping) else {}
    rest = {key: each for key, each in value.items() if key not in own} if isinstance(value, Mapping) else value
    loss = read_part(Loss, rest, path, report, own)
    if "task" in given:
        given["task"] = read_part(Task, given["task"], (*path, "task"), report)
    if loss is None or given.get("task", loss) is None:
        return None
    try:
        return OutputLoss(loss=loss, **given)
    except ValidationError as error:
        report.extend(form_errors(error, OutputLoss, path))
        return None


def _read_one(kind: type[Part | Settings], value: Any, path: Path_, report: Report) -> Any:
    if issubclass(kind, Part):
        return read_part(kind, value, path, report)
    return read_settings(kind, value, path, report)


def read_part(family: type[P], value: Any, path: Path_, report: Report, beside: tuple[str, ...] = ()) -> P | None:
    """The part that `value` writes, or None after noting its problems.

    Args:
        family: The family's base class.
        value: A name, or a mapping whose first key is a name.
        path: The place of the value.
        report: Takes the problems.
        beside: Keys that may stand beside the part's options, and are read elsewhere.
    """
    written = {value: None} if isinstance(value, str) else _by_text(value) if isinstance(value, Mapping) else None
    names = sorted(family.members)
    if not written:
        wrong = WrongType("", tuple(Kind("choice", word=name) for name in names))
        report.add(Code.WRONG_TYPE, f"this is no {family.family}", path, found=kind_of(value), fact=wrong)
        return None
    name, main = next(iter(written.items()))
    entry = Entry(path, name, main, {key: each for key, each in written.items() if key != name})
    if name not in family.members:
        late = _not_first(family, entry)
        near = report.unknown(name, names, listed=names, sought=known_as(name, family))
        fact = late or _perhaps_brought(family, near)
        help = late and not late.key and f"write `{late.name}` first: the first key names the {family.family}"
        message, expected = f"there is no {family.family} `{name}`", f"one of {', '.join(names)}"
        place = (*path, name)
        report.add(Code.UNKNOWN_LAYER, message, place, key=True, expected=expected, help=help or None, fact=fact)
        return None
    kind = cast("type[P]", family.members[name])
    if kind.main and main is None and kind.main in entry.options:
        message, help = f"`{kind.main}` is the value of `{name}` itself", f"write `{name}: {entry.options[kind.main]}`"
        place = (*path, kind.main)
        report.add(Code.UNKNOWN_OPTION, message, place, key=True, help=help, fact=Misplaced(kind.main))
        return None
    return _filled(kind, entry, report, beside)


def _not_first(family: type[Part], entry: Entry) -> NotFirst | None:
    """The part's name, where it stands behind its options, or as the value of another key."""
    named = known_as(entry.main, family) if isinstance(entry.main, str) else ""
    if named in family.members:
        return NotFirst(named, entry.operation)
    return next((NotFirst(key) for key in entry.options if key in family.members), None)


def _perhaps_brought(family: type[Part], fact: Unknown) -> Unknown:
    """The fact of an unknown part with the way to bring one's own, where the letters do not tell which is meant."""
    if fact.certain or not family.group:
        return fact
    return replace(fact, note=f"`--plugin FILE.py` brings one's own {family.family}")


def known_as(name: str, family: type[Part]) -> str:
    """The key of the member that other tools call by that name; the name itself where none does."""
    from netspec.frontend.foreign import without_module  # for errors alone

    plain = _plain(without_module(name))
    return next((key for key, part in family.members.items() if plain in map(_plain, (key, *part.also))), name)


def _plain(name: str) -> str:
    """A name without the parts that tools write in different ways: `CosineAnnealingLR`, `cosine-annealing-lr`."""
    return re.sub(r"[\W_]", "", name.lower()).removesuffix("loss").removesuffix("lr").removesuffix("decay")


def _with_example(problem: Problem, path: Path_) -> Problem:
    """The problem of a missing main argument with the whole of what is to be written."""
    fact = problem.fact
    if not isinstance(fact, Missing) or not fact.main or not path or not isinstance(path[-1], str):
        return problem
    return replace(problem, help=f"write `{path[-1]}: {{{fact.owner}: {'1e-3' if fact.name == 'lr' else '...'}}}`")


def _filled(kind: type[P], entry: Entry, report: Report, beside: tuple[str, ...]) -> P | None:
    """The part with its options, or None after noting their problems."""
    name, known = entry.operation, [*(option for option in kind.option_fields() if option != kind.main), *beside]
    main = kind.main

    def unknown(key: str) -> Unknown:
        names = [*known, main] if main else known
        fact = report.unknown(key, names, owner=name, listed=known, sought=option_meant(key, known))
        return replace(fact, note=f"It is the value of `{name}`.") if main and fact.meant == main else fact

    wrong = wrong_options(
        entry,
        known,
        kind.main,
        kind.required(),
        unknown,
        lambda option: takes(kind, option),
    )
    sound = report.extend(map(partial(_with_example, path=entry.path), wrong))
    if not sound and isinstance(entry.main, Mapping):  # its options are not where they belong, and not read
        return None
    values = {option: value for option, value in given(entry, kind).items() if option in kind.option_fields()}
    try:
        made = kind.model_validate(values)
    except ValidationError as error:
        found = problems_of(error, kind, entry, report.places)
        report.extend(each for each in found if not isinstance(each.fact, Missing))  # reported already
        return None
    return made if sound else None
