"""The notebooks of the course: clean as they are committed, and each proves what it says when it is run.

Here they run in one process, where torch is imported once; one of them runs in a kernel of its own besides, as
`make course` runs them all.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.docs import ROOT
from tests.notebook_shell import Shell

COURSE = ROOT / "docs" / "course"
NOTEBOOKS = sorted(COURSE.glob("*.ipynb"))
PAGE = (COURSE / "README.md").read_text(encoding="utf-8")


def read(notebook: Path) -> dict[str, Any]:
    return json.loads(notebook.read_text(encoding="utf-8"))


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def name(value: object) -> str:
    return value.stem if isinstance(value, Path) else ""


def test_nothing_that_a_notebook_leaves_is_committed():
    git = subprocess.run(["git", "ls-files", "docs/course"], cwd=ROOT, capture_output=True, text=True)
    if git.returncode:
        pytest.skip("this is no checkout of git")
    kept = {each.name for each in NOTEBOOKS} | {"README.md", "run.py"}
    assert {name.removeprefix("docs/course/") for name in git.stdout.splitlines()} == kept


def test_there_is_one_for_each_topic():
    assert [each.name[:2] for each in NOTEBOOKS] == [f"{number:02}" for number in range(1, 11)]
    assert re.findall(r"\]\((\w+\.ipynb)\)", PAGE) == [each.name for each in NOTEBOOKS]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=name)
def test_it_is_committed_without_what_a_run_leaves(notebook: Path):
    found = read(notebook)
    assert set(found["metadata"]) == {"kernelspec", "language_info"}
    assert found["metadata"]["language_info"] == {"name": "python"}
    assert found["metadata"]["kernelspec"]["name"] == "python3"
    for cell in found["cells"]:
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert (cell["execution_count"], cell["outputs"]) == (None, [])
    ids = [cell["id"] for cell in found["cells"]]
    assert len({*ids}) == len(ids)
    pytest.importorskip("nbformat", reason="nbformat is not installed").validate(found)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=name)
def test_it_is_a_lesson(notebook: Path):
    """A title, questions with answers, cells that assert what they teach, and a last word."""
    cells = read(notebook)["cells"]
    prose = "\n".join(text(cell) for cell in cells if cell["cell_type"] == "markdown")
    title = prose.splitlines()[0]
    assert title.startswith(f"# {int(notebook.name[:2])} · ")
    assert f"| [{title[2:]}]({notebook.name}) |" in PAGE
    assert prose.count("**Question.**") >= 2
    assert prose.count("<details>") == prose.count("</details>") == prose.count("<b>Answer</b>") >= 1
    assert "**To take away.**" in prose.split("\n\n")[-1]
    assert sum("assert " in text(cell) for cell in cells if cell["cell_type"] == "code") >= 3


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=name)
def test_each_cell_runs(notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for needed in ("IPython", "torch", "sklearn", "matplotlib", "optuna"):
        pytest.importorskip(needed, reason=f"{needed} is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shell = Shell()
    for number, cell in enumerate(read(notebook)["cells"], 1):
        if cell["cell_type"] == "code":
            done, told = shell.run(text(cell))
            assert done.success, f"cell {number}: {done.error_in_exec or done.error_before_exec!r}\n{told}"
    monkeypatch.undo()
    close_figures()


def close_figures() -> None:
    import matplotlib.pyplot as plt

    plt.close("all")


def test_one_runs_in_a_kernel_and_shows_what_it_should(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    found = nbformat.read(COURSE / "06_lenet_to_convnext.ipynb", 4)
    extra = 'netspec.train("lenet_digits", epochs=1, device="cpu", out="run", progress=True)'
    found.cells += [nbformat.v4.new_code_cell(extra), nbformat.v4.new_code_cell("netspec.load('lenett')")]
    client = nbclient.NotebookClient(found, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    with pytest.raises(nbclient.exceptions.CellExecutionError):
        client.execute()
    *_, trained, wrong = found.cells
    spec = next(cell for cell in found.cells if cell.source == 'netspec.load("lenet5_1998")')
    assert "data:image/svg+xml" in spec.outputs[0].data["text/html"]
    drawn = next(cell for cell in found.cells if cell.source.startswith("netspec.draw("))
    assert drawn.outputs[0].data["image/svg+xml"].startswith("<svg")
    assert drawn.outputs[0].data["text/plain"].startswith("<netspec picture: SVG")
    live, run = (each for each in trained.outputs if "text/html" in each.get("data", {}))
    assert live.data["text/html"].startswith("<svg")
    assert "validation" in live.data["text/html"] or "training" in live.data["text/html"]
    assert "data:image/png" in run.data["text/html"]
    failed = next(each for each in wrong.outputs if each.output_type == "error")
    told = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(failed.traceback))
    assert told.startswith("error[NS0901]")
    assert "Traceback" not in told
