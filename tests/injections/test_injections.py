"""No text of a spec becomes code: hostile texts in every place that the schema has, given to every command.

What is accepted is written as a harmless text would be: the syntax trees differ in names and constants alone. Set
NETSPEC_INJECTIONS to the number of injections to try: ``NETSPEC_INJECTIONS=3000 pytest tests/injections``.
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.expr import is_identifier
from netspec.layers import registry
from tests.injections.commands import Outcome, outcome
from tests.injections.places import BASE, Place, document, places
from tests.injections.texts import HOSTILE, WORDS

INJECTIONS = int(os.environ.get("NETSPEC_INJECTIONS", "160"))

RUNNING: list[str] = []
"""What was run of a system's commands."""

ROOTS = frozenset({"F", "OrderedDict", "Sequence", "Tensor", "nn", "self", "super", "torch"})


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("os.system", "os.exec", "os.posix_spawn", "subprocess.Popen") or (
        event == "open" and isinstance(arguments[0], str) and "CANARY" in arguments[0] and "w" in str(arguments[1])
    ):
        RUNNING.append(f"{event} {arguments}")


def injections() -> Iterator[tuple[Place, str]]:
    """A third of them anywhere, a third where no layer's option and no recipe stands, a third where any text may."""
    every = places()
    own = [p for p in every if p.route[0] != "train" and not any(isinstance(step, tuple) for step in p.route)]
    free = [p for p in own if p.route[-1] not in registry() and "sequence" not in p.route]
    texts = [p for p in free if is_right(document(p, "plain words"))]
    assert len(texts) > 10
    random = Random(0)
    for number in range(INJECTIONS):
        yield random.choice((every, free, texts)[number % 3]), random.choice(HOSTILE)


def is_right(spec: dict[str, Any]) -> bool:
    try:
        api.elaborate(api.loads(json.dumps(spec)))
    except NetspecError:
        return False
    return True


def skeleton(text: str) -> str:
    """The syntax tree of a Python text without the texts in it, and without names that are its own to choose."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float)):
            node.value = 0
        elif isinstance(node, ast.Name) and node.id not in ROOTS and node.id not in dir(__builtins__):
            node.id = "name"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            node.attr = "name"
        elif isinstance(node, (ast.arg, ast.keyword)):
            node.arg = "name"
        elif isinstance(node, ast.ClassDef):
            node.name = "name"
        elif isinstance(node, (ast.alias, ast.ImportFrom)):
            pass
    return ast.dump(tree)


def shapes(made: Outcome) -> list[str]:
    """The skeletons of what was written, and the forms of what is no Python."""
    found = []
    for path, text in made.files.items():
        if path.endswith(".py"):
            imports = re.sub(r"(?m)^from (?!torch|collections|pathlib|dataclasses|typing)\S+ import .*", "", text)
            found.append(f"{Path(path).name[:5]} {skeleton(imports)}")
        elif path.endswith(".toml"):
            found.append(str(sorted(tomllib.loads(text)["project"])))
    return sorted(found)


def controls(text: str) -> set[str]:
    """Signs that would move a terminal's cursor, change its colours or turn its lines round."""
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\n\t"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    Path("base.json").write_text(json.dumps(BASE))
    return tmp_path


def test_the_base_and_its_words_are_accepted(folder: Path) -> None:
    assert outcome(BASE, torch=True).accepted
    doc = next(place for place in places() if str(place) == "doc")
    assert all(outcome(document(doc, word)).accepted for word in WORDS)


def test_the_places_are_those_of_the_schema() -> None:
    found = {str(place) for place in places()}
    assert {"name", "doc", "params/*=", "let/*=", "inputs/*=", "outputs/*", "outputs/*=", "layers/0/to/0"} <= found
    assert {"layers/0/name", "layers/0/as", "layers/0/let/*=", "layers/0/tie/*=", "layers/0/doc"} <= found
    assert {"blocks/*=", "blocks/*/params/*=", "blocks/*/inputs/0", "weights/names/*=", "train/data/folder"} <= found
    assert {"layers/0/module/args", "layers/0/upsample/mode", "train/loss"} <= found
    assert len(found) > 1000


def test_no_text_becomes_code(folder: Path) -> None:
    sys.addaudithook(_audit)
    counts: Counter[str] = Counter()
    harmless: dict[Place, list[list[str]]] = {}
    files = {*folder.rglob("*"), folder / "inside" / "spec.json"}
    for number, (place, text) in enumerate(injections()):
        where = f"{place} with {text[:80]!r}"
        made = outcome(document(place, text), torch=number % 25 == 0)
        assert not RUNNING, (where, RUNNING)
        assert set(folder.rglob("*")) <= files, where
        for command, said in made.said.items():
            assert "Traceback" not in said, (where, said)
            if "json" not in command and "build" not in command:
                assert not controls(said), (where, command, said)
        counts["accepted" if made.accepted else "refused"] += 1
        if not made.accepted:
            assert re.search(r"\[NS\d{4}\]", made.said["check"]), (where, made.said["check"])
            continue
        if place not in harmless:
            words = [outcome(document(place, word)) for word in WORDS]
            harmless[place] = [shapes(each) for each in words if each.accepted]
        if is_identifier(text) or harmless[place]:
            assert shapes(made) in harmless[place] or _longer(text), (where, made.files)
        else:
            counts["alone"] += 1
    print(f"{INJECTIONS} injections: {dict(counts)}")
    assert counts["refused"] > INJECTIONS / 10
    assert counts["accepted"] > INJECTIONS / 50


def _longer(text: str) -> bool:
    """Whether a text is so long that a list of it stands in a variable of its own."""
    return len(text) > 100
