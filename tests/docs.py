"""The pages of the documentation as fenced blocks, each with the remark that stands before it.

A remark is a comment of HTML, which readers do not see, with a mapping in YAML: ``<!-- file: scale.py -->`` gives the
block's file name, ``<!-- refused: NS0302 -->`` the code with which its spec is refused, and
``<!-- in: {input: [8]} -->`` the keys of a spec that a fragment needs around it.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic.fields import FieldInfo

from netspec.recipe.losses import Loss
from netspec.recipe.metrics import Metric
from netspec.recipe.parts import Part
from netspec.recipe.tasks import Task

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_BLOCK = re.compile(
    r"(?:^<!-- (?P<remark>[^\n]+?) -->\n\n?)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_DEFAULT_FRAME = {"netspec": 1, "name": "fragment", "input": [64, 32, 32], "layers": ["identity"]}


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the line it starts on, and its remark."""

    language: str
    text: str
    line: int
    remark: dict[str, Any]

    @property
    def is_whole(self) -> bool:
        """Whether a block of YAML is a spec of its own."""
        return self.text.startswith(("netspec: 1\n", "extends: "))

    @property
    def file(self) -> str | None:
        """The file that the block is: a whole spec's own name, or what the remark says."""
        if self.language == "yaml" and self.is_whole:
            return re.search(r"^name: (\w+)$", self.text, re.MULTILINE)[1] + ".yaml"  # type: ignore[index]
        return self.remark.get("file")

    def spec(self) -> str:
        """The block as a whole spec: a fragment in a small frame."""
        if self.is_whole:
            return self.text
        body = f"layers:\n{self.text}" if self.text.lstrip("# ").startswith("- ") or _is_list(self.text) else self.text
        written = yaml.safe_load(body)
        frame = {**_DEFAULT_FRAME, **self.remark.get("in", {})}
        if "inputs" in frame or "inputs" in written:
            del frame["input"]
        if "sequence" in written:
            frame.pop("layers")
        return yaml.safe_dump({key: value for key, value in frame.items() if key not in written}) + body


def blocks(page: Path) -> Iterator[Block]:
    """The page's blocks, from top to bottom."""
    text = page.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        remark = yaml.safe_load(match["remark"]) if match["remark"] else {}
        yield Block(match["language"], match["text"], text.count("\n", 0, match.start("text")) + 1, remark)


def _is_list(text: str) -> bool:
    return isinstance(yaml.safe_load(text), list)


def command_table() -> str:
    """The commands, each with the line that its file begins with."""
    from netspec.cli import cli

    rows = (f"| `netspec {name}` | {line} |" for name, line in cli.help_lines().items())
    return "\n".join(["| Command | |", "| --- | --- |", *rows]) + "\n"


def format_table() -> str:
    """The formats of results, each with the line that its file begins with."""
    from netspec.report.writers import formats, writer

    rows = []
    for name in formats():
        module = sys.modules[writer(name).write.__module__]
        rows.append(f"| `{name}` | {(module.__doc__ or '').partition(chr(10))[0]} |")
    return "\n".join(["| Format | |", "| --- | --- |", *rows]) + "\n"


def method_table() -> str:
    """The methods of `netspec look`, each with what it shows and needs."""
    from netspec.look.methods import method_named, methods

    rows = []
    for name in methods():
        method = method_named(name)
        needs = {"an image": method.image, "classes": method.target, "data": method.data}
        needs["a detector"] = method.detectors == "only"
        star = "" if method.unasked else " *"
        rows.append(f"| `{name}`{star} | {method.summary} | {', '.join(key for key, need in needs.items() if need)} |")
    return "\n".join(["| Method | Shows | Needs |", "| --- | --- | --- |", *rows]).replace("|  |", "| |") + "\n"


def part_tables() -> dict[str, tuple[str, str]]:
    """The tables of a recipe's parts, each with its page, by their first lines: a row for each class, as it says."""
    from netspec.recipe.augment import Augmentation
    from netspec.recipe.clip import Clip
    from netspec.recipe.first_layers import FirstLayer
    from netspec.recipe.loggers import Logger
    from netspec.recipe.optimizers import Optimizer
    from netspec.recipe.schedules import Schedule
    from netspec.recipe.test_time import Views

    families = {
        "Loss": ("training", Loss),
        "Metric": ("training", Metric),
        "Optimizer": ("training", Optimizer),
        "Schedule": ("training", Schedule),
        "Way": ("training", Clip),
        "First layer": ("training", FirstLayer),
        "Views": ("training", Views),
        "Logger": ("training", Logger),
        "Augmentation": ("data", Augmentation),
    }
    made = {}
    for title, (page, family) in families.items():
        more = "For | Value and options" if family in (Loss, Metric) else "Value and options"
        head = f"| {title} | | {more} |"
        rows = [_part_row(part) for _, part in sorted(family.members.items())]
        made[head] = (page, "\n".join([head, f"|{' --- |' * head.count(' |')}", *rows]) + "\n")
    return made


def detector_tables() -> dict[str, str]:
    """The tables of the options of detectors, by their first lines: a row for each, as its field says."""
    from netspec.detectors import registry

    made = {}
    for name, kind in registry().items():
        head = f"| `{name}` | |"
        rows = [
            f"| `{key}` | {str(field.description).removesuffix('.')}; {_default(field.default)} |"
            for key, field in kind.model_fields.items()
        ]
        made[head] = "\n".join([head, "| --- | --- |", *rows]) + "\n"
    return made


def _default(value: Any) -> str:
    listed = re.sub(r"\(([^()]*?),?\)", r"[\1]", re.sub(r"\(([^()]*?),?\)", r"[\1]", str(value)))
    words = {"None": "null", "True": "true", "False": "false"}
    return f"`{words.get(listed, listed)}`"


def _part_row(part: type[Part]) -> str:
    """A part's name, the prose of its docstring, what it judges, and its own options with their defaults."""
    prose = re.split(r"\n\n\w[\w ]*:\n", inspect.cleandoc(part.__doc__ or ""))[0]
    cells = [f"`{part.key}`", " ".join(prose.split()).removesuffix(".").replace("``", "`").replace("|", "\\|")]
    if issubclass(part, Loss | Metric):
        tasks = [task for task in Task.members.values() if issubclass(task, Task)]
        cells.append(", ".join(task.judged for task in tasks if _judges(task, part)))
    shared = {"lr", "warmup", "unit"} | ({"weight_decay"} if "weight_decay" not in part.__annotations__ else set())
    fields = {name: field for name, field in part.model_fields.items() if name not in shared and not field.exclude}
    cells.append("; ".join(_option(part, name, field) for name, field in fields.items()))
    return f"| {' | '.join(cells)} |".replace("  ", " ")


def _judges(task: type[Part], part: type[Loss | Metric]) -> bool:
    assert issubclass(task, Task)
    return task.key in part.tasks if issubclass(part, Metric) else task.learns(part)


def _option(part: type[Part], name: str, field: FieldInfo) -> str:
    words = [f"`{name}`", *(["the value"] if name == part.main else [])]
    default = field.default
    if not field.is_required():
        words.append("none" if default is None else _plain(default))
    if get_origin(field.annotation) is Literal:
        words.append(f"or {', '.join(_plain(each) for each in get_args(field.annotation) if each != default)}")
    return ", ".join(words)


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_plain, value))}]"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
