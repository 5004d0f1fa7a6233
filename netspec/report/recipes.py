"""The recipes that come with netspec: a list of them, and the text of one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from netspec.diagnostics.styled import line
from netspec.report import document as doc
from netspec.report.sheet import Sheet
from netspec.zoo_specs import recipe_text

_COMMAND = re.compile(r"^#   (netspec train .+)$", re.MULTILINE)


def recipe_list(names: Collection[str]) -> doc.Document:
    """What each recipe is for, in a sentence."""

    def parts() -> Iterator[doc.Part]:
        yield doc.Definitions([doc.Entry(each["name"], _first_sentence(each["doc"])) for each in _records(names)], 0)
        taken = "`netspec train SPEC --recipe NAME` takes it in place of the spec's own."
        yield doc.Notes([f"`netspec recipes NAME` prints one; {taken}"])

    def sheet() -> Sheet:
        return Sheet.of(_records(names), ("name", "doc", "command"))

    return doc.Document("Recipes", parts, lambda: list(_records(names)), sheet)


def recipe_page(name: str) -> doc.Document:
    """The text of a recipe, with the way to one of one's own as a comment, so that all of it is a recipe.

    Raises:
        NetspecError: NS0901: there is no such recipe.
    """
    own = name.removesuffix(".yaml")
    (record,) = _records([own])
    start = (
        f"# To start from it: `netspec recipes {own} > mine.yaml`, change that file, and",
        "# `netspec train SPEC --recipe mine.yaml`.",
    )
    text = "\n".join([record["text"].rstrip("\n"), "", *start])

    def sheet() -> Sheet:
        return Sheet.of([record], ("name", "doc", "command"))

    return doc.Document(own, lambda: [doc.Lines(map(line, text.split("\n")))], lambda: record, sheet)


def _records(names: Collection[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        text = recipe_text(name)
        head = text.partition("\n#\n")[0]
        command = _COMMAND.search(text)
        yield {
            "name": name,
            "doc": " ".join(each.lstrip("# ") for each in head.split("\n")),
            "command": command and command[1],
            "text": text,
        }


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.;:])\s+", text, maxsplit=1)[0].rstrip(".;:") + "."
