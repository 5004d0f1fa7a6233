"""A spec to start from, written for data that are looked at. Needs torch."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import NetspecError
from netspec.diagnostics.arguments import typed
from netspec.diagnostics.styled import printable
from netspec.driver.checking import review
from netspec.driver.spec import loads
from netspec.frontend import source
from netspec.frontend.pause import importing
from netspec.frontend.problems import Report
from netspec.frontend.scalars import flow
from netspec.objects.immutable import immutable
from netspec.report.numbers import counted, listed

if TYPE_CHECKING:
    from netspec.recipe.data import DataSet
    from netspec.recipe.data.raw import RawData
    from netspec.starting.seen import Seen

_STEPS, _FEWEST, _MOST = 2000, 5, 40
"""Steps that a run is to have, and the epochs that it has at least and at most."""

_SMALL, _HELD, _ROUND = 5000, 40, 4
"""Examples up to which batches are small, those from which on some are held out, and the steps of a round at least."""

_LOSSES = {
    "classes": "cross_entropy",
    "labels": "bce_with_logits",
    "values": "mse",
    "masks": "cross_entropy",
    "image": "mse",
}
_TASKS = {"values": "{regression: , standardised: true}", "image": "autoencoding"}
_NAMED, _LONGEST = 8, 60

_TEXTS, _LENGTH = "gpt_bytes", 128
"""The network of texts, and the tokens that it takes."""

_OF_TEXTS = """\
  loss: cross_entropy
  optimizer: {adamw: 3e-3, betas: [0.9, 0.99], weight_decay: 0.1}
  decay: weights
  schedule: {cosine: , warmup: 100, unit: steps}
  clip: {norm: 1.0}
  steps: 2000
"""

_BOXES = "ssdlite320_mobilenet_v3_large"
_OF_BOXES = """\
  loss: detector
  optimizer: {sgd: 0.01, momentum: 0.9, weight_decay: 5e-4}
  schedule: {cosine: , warmup: 100, unit: steps}
  clip: {norm: 5.0}
  epochs: 30
"""


@immutable
class Start:
    """A spec to start from.

    Attributes:
        name: The network's name.
        text: The text of the spec.
        title: The network and its data, in words.
    """

    name: str
    text: str
    title: str


@typed
def start(data: str | Path | Mapping[str, Any] = "digits", name: str | None = None) -> Start:
    """A spec to start from: a small network for some data, with the recipe that trains it.

    Args:
        data: A file or a folder, the name of data that need no place, or a section `data` as a recipe writes it, as
            text or as plain data: ``{table: houses.csv, target: price}``.
        name: The network's name; that of the data if None.

    Raises:
        NetspecError: NS0802, NS0803, NS0804: the data are not there, broken, too few, or of a kind that no start is
            known for; or the section is wrong.
    """
    section, found = _section(data)
    from netspec.recipe.data.objects import Objects
    from netspec.recipe.data.text import Texts

    title = _name(name or _called(section))
    with _section_told(section):
        found.look()
        if isinstance(found, Texts):
            found = found.fitted({"input": (_LENGTH,)})
        with importing("torch"):
            from netspec.starting.networks import network, title_of
            from netspec.starting.seen import seen
        raw = found.load()
        if isinstance(found, Texts):
            told = "a small GPT, which learns to go on with texts"
            params = {"vocabulary": raw.tokens.size} if raw.tokens is not None and found.vocabulary else {}
            text = _extending(_TEXTS, title, section, params, {"batch_size": 8}, _OF_TEXTS)
        elif isinstance(found, Objects):
            told = f"a detector of {counted(len(raw.classes), 'class', 'classes')}"
            params = {"classes": len(raw.classes) + 1}
            text = _extending(
                _BOXES, title, section, params, {"batch_size": min(16, _batch(len(raw.train)))}, _OF_BOXES
            )
        else:
            given = seen(found, raw)
            lines = [*_head(title, given), *network(given), "", *_recipe(section, found, raw, given)]
            told, text = title_of(given), "\n".join(lines) + "\n"
        errors = [replace(each, span=None) for each in review(loads(text)) if each.severity == "error"]
        if errors:
            raise NetspecError(errors)
    return Start(title, text, told)


@contextmanager
def _section_told(section: Mapping[str, Any]) -> Iterator[None]:
    """Say with what the data refuse how options are given, which they ask for."""
    try:
        yield
    except NetspecError as error:
        given = f"options go into the section: `--data {shlex.quote(printable(_section_text(section)))}`"
        told = [replace(each, help=f"{each.help}; {given}" if each.help else given) for each in error.diagnostics]
        raise NetspecError(told) from None


def _section(data: str | Path | Mapping[str, Any]) -> tuple[Mapping[str, Any], DataSet]:
    """The section `data` as it is written, and what it says."""
    from netspec.recipe.data import DataSet
    from netspec.recipe.data.problems import mismatch
    from netspec.recipe.reading import read_part
    from netspec.starting.layouts import data_at

    known = DataSet.members.get(data) if isinstance(data, str) else None
    if isinstance(data, str) and data.lstrip().startswith("{"):
        text = data
    elif isinstance(data, Mapping):
        text = flow(data)
    else:
        text = flow({data: None} if known is not None and not known.required() else data_at(str(data)))
    if any("\ud800" <= sign <= "\udfff" for sign in text) or "\\ud" in text:
        mismatch(f"{printable(str(data))} has a name that no text can bear", "give it a name in UTF-8")
    written = source.parse(f"data: {text}", "--data")
    if written.diagnostics:
        raise NetspecError(list(written.diagnostics))
    if len(written.data) > 1:
        mismatch(f"--data is one section `data`, and `{printable(str(list(written.data)[1]))}` stands behind it")
    report = Report(written)
    found = read_part(DataSet, written.data["data"], ("data",), report)
    report.check()
    assert found is not None
    return written.data["data"], found


def _called(section: Mapping[str, Any]) -> str:
    """A name for the network of some data: their place's, or else that of their kind."""
    kind, place = next(iter(section.items()))
    return Path(os.path.abspath(place)).stem if isinstance(place, str) else str(kind)  # noqa: PTH100 - follows no link


def _name(given: str) -> str:
    """A text as the name of a spec."""
    name = re.sub(r"\W+", "_", given, flags=re.ASCII).strip("_") or "network"
    return f"net_{name}" if name[0].isdigit() else name[:_LONGEST]


def _head(name: str, seen: Seen) -> Iterator[str]:
    yield "netspec: 1"
    yield f"name: {flow(name)}"
    yield "doc: A small network to start from, which `netspec init` wrote."
    yield ""
    if seen.names and seen.names != tuple(map(str, range(len(seen.names)))):
        few = [printable(each)[:_LONGEST] for each in seen.names]
        kind = counted(len(few), "label", "labels") if seen.told == "labels" else counted(len(few), "class", "classes")
        yield f"# {kind}: {listed(few, _NAMED)}"
    if seen.files:
        yield f"# files of {seen.files} pixels (height x width)"


def _recipe(section: Mapping[str, Any], data: DataSet, raw: RawData, seen: Seen) -> Iterator[str]:
    options = {**section, **{key: each for key, each in seen.options.items() if section.get(key) is None}}
    examples = len(raw.train)
    options.setdefault("batch_size", _batch(examples))
    if raw.test is None and "test" in type(data).model_fields:
        options.setdefault("test", 0.2)
    if raw.validation is None and examples >= _HELD:
        options.setdefault("validation", 0.1 if examples >= _SMALL else 0.2)
    rounds = round(_STEPS * options["batch_size"] / examples)
    yield "train:"
    yield f"  data: {_section_text(options)}"
    if seen.told == "classes" and len(seen.shape) == 3 and data.known_image is None:
        yield "  # augment: [flip]                      # where an image in a mirror is of the same class"
    yield f"  loss: {_LOSSES[seen.told]}"
    if task := _TASKS.get(seen.told):
        yield f"  task: {task}"
    yield "  optimizer: {adamw: 2e-3, weight_decay: 0.05}"
    yield "  schedule: cosine"
    yield f"  epochs: {min(max(rounds, _FEWEST), _MOST)}"


def _batch(examples: int) -> int:
    """Examples of a batch: fewer where there are few, so that a round has steps."""
    size = 32 if examples < _SMALL else 128
    while size > 2 and size * _ROUND > examples:
        size //= 2
    return size


def _section_text(options: Mapping[str, Any]) -> str:
    """A section in flow style; a kind without a value is written as `{digits: , batch_size: 32}`."""
    kind, value = next(iter(options.items()))
    return flow(options).replace(f"{flow(kind)}: null", f"{flow(kind)}: ", 1) if value is None else flow(options)


def _extending(
    zoo: str, name: str, section: Mapping[str, Any], params: Mapping[str, Any], options: Mapping[str, Any], rest: str
) -> str:
    """A spec of a network of the zoo."""
    given = f"params: {flow(params)}\n" if params else ""
    data = _section_text({**section, **{key: each for key, each in options.items() if key not in section}})
    return (
        f"netspec: 1\nname: {flow(name)}\ndoc: A network to start from, which `netspec init` wrote.\n"
        f"extends: {zoo}\n{given}\ntrain:\n  data: {data}\n{rest}"
    )
