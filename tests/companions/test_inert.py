"""No text of a spec becomes code: what is made of two specs that differ in texts differs in constants alone."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec import api
from netspec.backends.expressions import literal_text
from netspec.companions import files, package
from netspec.companions.proof import markdown_text, proven_python, proven_toml, toml_text
from netspec.diagnostics import NetspecError
from netspec.report.writers.markdown import code
from tests.companions.recipes import digits

SIGNS = ['"', "'", '"""', "'''", "\\", "#", "`", "](", "<script>", "\\N{BULLET}", "{x}", "{{ 7 * 7 }}", "{% raw %}"]
BREAKS = ["\n", "\r", "\0", "\x0b", "\u2028", "\u2029", "\x85", "]\n", '"\nimport os\n', "\U0001f600"]
CODE = ["__import__('os').system('id')", '")\nraise SystemExit("', "{#"]
TEXTS = st.lists(st.sampled_from(SIGNS + BREAKS + CODE) | st.text(max_size=4), max_size=6).map("".join)


def spec(doc: str, reference: str, folder: str) -> api.Spec:
    data: dict[str, Any] = {
        "netspec": 1,
        "name": "small",
        "doc": doc,
        "references": [reference],
        "params": {"text": doc},
        "input": [1, 28, 28],
        "layers": ["flatten", {"linear": 10, "name": "head"}],
        "train": {
            "data": {"mnist": folder},
            "loss": "cross_entropy",
            "optimizer": {"adamw": 1e-3},
            "epochs": 1,
        },
    }
    return api.loads(yaml.safe_dump(data))


def shape(text: str) -> str:
    """The syntax tree of a source without the texts in it."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def python_of(made: api.Spec, packed: dict[str, str]) -> dict[str, str]:
    texts = {path.name: text for path, text in files(made, Path("small.py"), train=True, test=True).items()}
    return texts | {path: text for path, text in packed.items() if path.endswith(".py")}


@pytest.fixture(scope="module")
def plain_shapes() -> dict[str, dict[str, str]]:
    """What is made of specs with texts that are words, by the folder: where there is none, the data may be fetched."""
    plain = {folder: spec("doc", "reference", folder) for folder in ("folder", "")}
    made = {folder: python_of(each, package(each, train=True)) for folder, each in plain.items()}
    return {folder: {name: shape(text) for name, text in texts.items()} for folder, texts in made.items()}


@settings(deadline=None, max_examples=10)
@given(doc=TEXTS, reference=TEXTS, folder=TEXTS)
def test_texts_are_inert(plain_shapes: dict[str, dict[str, str]], doc: str, reference: str, folder: str) -> None:
    made = spec(doc, reference, folder)
    found = package(made, train=True)
    texts = python_of(made, found)
    plain = plain_shapes["folder" if folder else ""]
    assert texts.keys() == plain.keys()
    for name, text in texts.items():
        assert shape(text) == plain[name], name
        if "train" in name:
            tree = ast.parse(text)
            values = {
                node.targets[0].id: node.value.value  # type: ignore[attr-defined]
                for node in tree.body
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            }
            assert values["FOLDER"] == (folder or "data")
        text.encode("utf-8")
    project = tomllib.loads(found["pyproject.toml"])
    assert set(project) == {"build-system", "project", "tool"}
    assert project["build-system"] == {"requires": ["hatchling>=1.25"], "build-backend": "hatchling.build"}
    heads = [line for line in found["README.md"].splitlines() if line.startswith("#")]
    assert heads == ["# Small", "## Use", "## Train", "## Test", "## Layers"]
    assert found["README.md"].count("```") == 4


def table(path: str, image: str, label: str) -> str:
    """A script whose data set is named by three texts, two of them arguments of a function."""
    recipe = {"data": {"parquet": path, "image_column": image, "label_column": label}, "schedule": None}
    spec = digits(recipe, input=[3, 8, 8], layers=["flatten", {"linear": 10, "name": "head"}])
    return files(spec, Path("small.py"), train=True)[Path("train_small.py")]


@pytest.fixture(scope="module")
def plain_table() -> str:
    """The shape of a script whose data set is named by words."""
    return shape(table("path", "image", "label"))


@settings(deadline=None, max_examples=10)
@given(path=TEXTS, image=TEXTS, label=TEXTS)
def test_texts_among_arguments_are_inert(plain_table: str, path: str, image: str, label: str) -> None:
    text = table(path, image, label)
    assert shape(text) == plain_table
    [call] = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.args[0]) == "load_tables"
    ]
    given = {each.arg: each.value.value for each in call.keywords if isinstance(each.value, ast.Constant)}
    assert (given["image_column"], given["label_column"]) == (image, label)


@settings(deadline=None, max_examples=200)
@given(TEXTS | st.just("\ud800"))
def test_literals_toml_and_markdown(text: str) -> None:
    assert ast.literal_eval(literal_text(text)) == text
    line = tomllib.loads(f"x = {toml_text(text)}")["x"]
    assert line == " ".join("".join(c if c.isprintable() else " " for c in text).split())
    plain = markdown_text(text)
    assert "\n" not in plain
    assert plain.isprintable()
    bare = plain.replace("\\\\", "")
    assert all(bare[n - 1] == "\\" for n, sign in enumerate(bare) if sign in "`<[]*")


@pytest.mark.parametrize("text", ["a", "`", "``<img src=x>``", "a`b", "|", "```x"])
def test_code_in_a_table_ends_where_it_should(text: str) -> None:
    made = code(text)
    fence = made[: len(made) - len(made.lstrip("`"))]
    inner = made[len(fence) : -len(fence)]
    assert made.endswith(fence)
    assert fence not in inner
    assert inner.replace("\\|", "|").strip() == text.replace("\\|", "|")
    assert "|" not in inner.replace("\\|", "")


@pytest.mark.parametrize("text", ["__import__('os')", "x\nimport os", "1; import os"])
def test_a_companion_in_which_a_text_is_more_is_refused(text: str) -> None:
    harmless = 'NAME = "word"\n'
    assert proven_python(f"NAME = {literal_text(text)}\n", harmless, "it") == f"NAME = {literal_text(text)}\n"
    for made in (f"NAME = {text}\n", f'NAME = "word"\n{text}\n', f'# {text}\nNAME = "word"\n1\n'):
        with pytest.raises(NetspecError, match="NS0912"):
            proven_python(made, harmless, "it")
    with pytest.raises(NetspecError, match="NS0912"):
        proven_python(f"# coding: utf-7\n{harmless}", harmless, "it")
    with pytest.raises(NetspecError, match="NS0912"):
        proven_toml(f"name = 1 # {text}\n[tool]\n", 'name = "word"\n', "it")
