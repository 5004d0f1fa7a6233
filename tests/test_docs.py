"""The documentation is true: what it shows is run, and what it says of numbers is compared.

Run with ``NETSPEC_OVERWRITE=1`` to write what commands print, and the layer reference, anew; then read what changed.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import operator
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from netspec import api
from netspec.analysis.budget import over_budget
from netspec.cli import cli, run
from netspec.diagnostics import NetspecError
from netspec.layers import registry
from netspec.recipe.augment import Augmentation
from netspec.recipe.clip import Clip
from netspec.recipe.data import DataSet
from netspec.recipe.losses import Loss
from netspec.recipe.metrics import Metric
from netspec.recipe.optimizers import Optimizer
from netspec.recipe.recipe import Recipe, read_recipe
from netspec.recipe.schedules import Schedule
from netspec.recipe.tasks import Task
from netspec.report import reference
from netspec.report.writers import written
from netspec.report.zoo import zoo
from tests.docs import (
    PAGES,
    ROOT,
    Block,
    blocks,
    command_table,
    detector_tables,
    format_table,
    method_table,
    part_tables,
)
from tests.warm import WarmProcesses

OVERWRITE = bool(os.environ.get("NETSPEC_OVERWRITE"))
BLOCKS = [(page, block) for page in PAGES for block in blocks(page)]
SPECS = [
    (page, block)
    for page, block in BLOCKS
    if block.language == "yaml" and page.name != "layers.md" and "plugin" not in block.remark
]


def label(value: object) -> str:
    return value.name if isinstance(value, Path) else f"line{value.line}" if isinstance(value, Block) else ""


@pytest.mark.parametrize(("page", "block"), SPECS, ids=label)
def test_specs_and_fragments_are_right(page: Path, block: Block, tmp_path: Path) -> None:
    for other in blocks(page):
        if other.file:  # what it may extend
            (tmp_path / other.file).write_text(other.text)
    (tmp_path / "this.yaml").write_text(block.spec())
    expected = block.remark.get("refused")
    try:
        spec = api.load(tmp_path / "this.yaml")
        found = over_budget(api.analyze(spec), spec.document.budget, lambda path: None)
        if spec.document.train:
            read_recipe(spec.document.train)
        api.generate(spec)
    except NetspecError as error:
        found = error.diagnostics
    assert [diagnostic.code.number for diagnostic in found] == ([expected] if expected else []), found


@pytest.mark.parametrize("name", ["Bottleneck", "ResNet._make_layer"])
def test_what_is_quoted_of_torchvision_is_torchvision(name: str) -> None:
    resnet = pytest.importorskip("torchvision.models.resnet", reason="there is no torchvision to compare with")
    (quoted,) = (block.text for _, block in BLOCKS if block.remark.get("torchvision") == name)
    assert quoted.endswith(inspect.getsource(operator.attrgetter(name)(resnet)))


@pytest.fixture
def environment(warm: WarmProcesses) -> dict[str, str]:
    """An environment in which `python` and `netspec` are of this checkout."""
    return warm.environment | {"COLUMNS": "80", "NO_COLOR": "1"}


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_commands_print_what_the_page_shows(page: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    for block in blocks(page):
        if block.file:
            (tmp_path / block.file).write_text(block.text)
        if block.language != "console":
            continue
        for command, expected in sessions(block.text):
            shown = printed(command, tmp_path, environment)
            if OVERWRITE and "...\n" not in expected:
                replace(page, f"$ {command}\n{expected}", f"$ {command}\n{shown}")
                continue
            assert re.fullmatch(pattern(expected), shown), f"{page.name}:{block.line}: {command}\n{shown}"


def replace(page: Path, old: str, new: str) -> None:
    page.write_text(page.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def sessions(text: str) -> list[tuple[str, str]]:
    """Commands and what they print."""
    parts = re.split(r"^\$ (.+)\n", text, flags=re.MULTILINE)
    assert parts[0] == ""
    return list(zip(parts[1::2], parts[2::2], strict=True))


def pattern(shown: str) -> str:
    """What the page shows, in which a line of three dots stands for any lines."""
    return "".join("(?:.*\n)*" if line == "...\n" else re.escape(line) for line in shown.splitlines(keepends=True))


def printed(command: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.stdout


PYTHON = [
    (page, block)
    for page, block in BLOCKS
    if block.language == "python" and not block.file and "torchvision" not in block.remark
]


@pytest.mark.parametrize(("page", "block"), PYTHON, ids=label)
def test_python_runs(page: Path, block: Block, tmp_path: Path, environment: dict[str, str]) -> None:
    if "compile(" in block.text and importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    done = subprocess.run(["python", "-c", block.text], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = re.findall(r"print\(.*\)  # ([\d,]+)", block.text)
    assert done.stdout.split() == [number.replace(",", "") for number in told if number.strip(",")]


def test_the_zoo_s_page_is_current() -> None:
    """`netspec list --format markdown > docs/zoo.md` makes it so, as does an overwrite."""
    page = ROOT / "docs" / "zoo.md"
    if OVERWRITE:
        page.write_text(written(zoo(api.zoo()), "markdown"), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == written(zoo(api.zoo()), "markdown")


def test_the_readme_s_zoo_table_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \| ([\d,]+) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(rows) > 10
    for name, params, macs in rows:
        assert run(["summary", name, "--format", "json"]) == 0
        totals = json.loads(capsys.readouterr().out)["totals"]
        assert (params, macs) == (f"{totals['inference_params']:,}", f"{totals['macs']:,}"), name


def test_every_command_is_told_of() -> None:
    text = (ROOT / "README.md").read_text()
    for command in cli.help_lines():
        assert f"`netspec {command}" in text


@pytest.mark.parametrize(
    ("table", "name"),
    [(command_table, "commands"), (format_table, "commands"), (method_table, "look")],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_the_tables_of_commands_formats_and_methods_are_current(table: Callable[[], str], name: str) -> None:
    page, made = ROOT / "docs" / f"{name}.md", table()
    if OVERWRITE:
        head = re.escape(made.partition("\n")[0])
        page.write_text(re.sub(rf"(?m)^{head}\n(\|.*\n)*", lambda _: made, page.read_text()), encoding="utf-8")
    assert f"\n\n{made}\n" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("head", part_tables())
def test_the_tables_of_a_recipe_s_parts_are_what_their_classes_say(head: str) -> None:
    name, made = part_tables()[head]
    page = ROOT / "docs" / f"{name}.md"
    if OVERWRITE:
        found = rf"(?m)^{re.escape(head[: head.index('| |')])}\| \|.*\n(\|.*\n)*"
        page.write_text(re.sub(found, lambda _: made, page.read_text(), count=1), encoding="utf-8")
    assert f"\n\n{made}\n" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("head", detector_tables())
def test_the_tables_of_detectors_options_are_what_their_classes_say(head: str) -> None:
    page, made = ROOT / "docs" / "detection.md", detector_tables()[head]
    if OVERWRITE:
        found = rf"(?m)^{re.escape(head)}\n(\|.*\n)*"
        page.write_text(re.sub(found, lambda _: made, page.read_text(), count=1), encoding="utf-8")
    assert f"\n\n{made}\n" in page.read_text(encoding="utf-8")


def test_the_layer_reference_is_current() -> None:
    """`netspec layers --format markdown > docs/layers.md` makes it so, as does an overwrite."""
    page = ROOT / "docs" / "layers.md"
    if OVERWRITE:
        page.write_text(written(reference.layer_list(), "markdown"), encoding="utf-8")
    found = page.read_text(encoding="utf-8")
    assert found == written(reference.layer_list(), "markdown")
    assert all(f"\n## {name}\n" in found for name in registry())


def test_the_recipe_s_keys_are_told_of() -> None:
    text = "".join((ROOT / "docs" / page).read_text() for page in ("training.md", "data.md"))
    for key in Recipe.model_fields:
        assert f"\n| `{key}` |" in text, key
    for family in (DataSet, Augmentation, Loss, Task, Metric, Clip, Optimizer, Schedule):
        for name, part in family.members.items():
            assert f"`{name}`" in text
            for option in part.model_fields:
                assert f"`{option}`" in text, f"{name}: {option}"


MACHINE = re.compile(
    r"/(?:work|opt|home|root|tmp|mnt|Users)/\w|file:///|://(?:localhost|127\.|10\.|192\.168\.)|\.internal\b"
)


def test_nothing_speaks_of_one_machine() -> None:
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if files.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, files.stdout.split("\0")):
        file = ROOT / name
        if file.is_file() and file != Path(__file__):
            assert not MACHINE.search(file.read_text(encoding="utf-8", errors="replace")), name
