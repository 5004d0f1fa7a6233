"""Every code has its page in docs/errors, whose bad examples fail with that code and whose good ones do not fail.

Run with ``NETSPEC_OVERWRITE=1`` to write the index anew.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netspec import api
from netspec.cli import run
from netspec.diagnostics import Code, NetspecError
from tests.docs import ROOT, Block, blocks
from tests.warm import WarmProcesses

FOLDER = ROOT / "docs" / "errors"
PAGES = sorted(FOLDER.glob("NS*.md"))
NEEDS = {
    "export": ("torch", "safetensors"),
    "train": ("torch", "safetensors", "sklearn"),
    "verify": ("torch", "torchvision"),
}
"""What a command needs that may not be installed."""


STAGES = {
    "NS01": "The text",
    "NS02": "The document",
    "NS03": "Shapes",
    "NS04": "Expressions",
    "NS05": "Names and flow",
    "NS06": "Sharing and weights",
    "NS07": "Inheritance and overrides",
    "NS08": "Training",
    "NS09": "Files and commands",
}
"""What the hundreds of the codes are about."""


def index() -> Iterator[str]:
    """The lines of the pages' index, by stage."""
    yield "# Error codes"
    yield ""
    yield "Each page tells what a code means, with an example that fails and one that does not, and how to mend it."
    yield "`netspec explain NS0302` prints one."
    stage = ""
    for code in sorted(Code, key=lambda each: each.number):
        if code.number[:4] != stage:
            stage = code.number[:4]
            yield from ("", f"## {STAGES.get(stage, stage)}", "")
        yield f"- [{code.number}]({code.number}.md): {code.title}"
    yield ""
    yield "Warnings, NS2001 and on, have [pages of their own](../lints.md)."


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {page.stem for page in PAGES} == {code.number for code in Code}


def test_the_index_lists_them_all() -> None:
    text = "\n".join(index()) + "\n"
    file = FOLDER / "README.md"
    if os.environ.get("NETSPEC_OVERWRITE"):
        file.write_text(text)
    assert file.read_text() == text
    assert all(f"## {stage}" in text for stage in STAGES.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_headed_by_its_code_and_title(page: Path) -> None:
    text = page.read_text()
    title = next(code.title for code in Code if code.number == page.stem)
    assert text.startswith(f"# {page.stem}: {title}\n\n")
    assert "\n## To mend it\n\n" in text
    meant, mended = (part.split("\n\n")[0] for part in re.split(r"^#.*\n\n", text, flags=re.MULTILINE)[1:])
    assert len(meant) > 50
    assert len(mended) > 10


def examples(page: Path) -> tuple[Block, Block]:
    """A page's bad and good example."""
    bad, good = (block for block in blocks(page) if "file" not in block.remark)
    return bad, good


@pytest.fixture
def outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], warm: WarmProcesses
) -> Callable[..., str]:
    """Runs an example in a folder with the page's files; gives its codes, or nothing where it does not fail."""

    def outcome(page: Path, block: Block) -> str:
        for other in blocks(page):
            if name := other.remark.get("file"):
                (tmp_path / name).parent.mkdir(exist_ok=True)
                (tmp_path / name).write_text(other.text)
        monkeypatch.chdir(tmp_path)
        if block.language == "yaml":
            Path("example.yaml").write_text(block.text)
            return " ".join(each.code.number for each in api.check("example.yaml") if each.severity == "error")
        if block.language == "python":
            pytest.importorskip("torch")
            try:
                exec(compile(block.text, page.name, "exec"), {})
            except NetspecError as error:
                return " ".join(each.code.number for each in error.diagnostics)
            return ""
        if "without" in block.remark:
            monkeypatch.setitem(sys.modules, block.remark["without"], None)
        if "offline" in block.remark:
            torch = pytest.importorskip("torch")
            monkeypatch.setattr(torch.hub, "load_state_dict_from_url", no_connection)
        for line in block.text.splitlines():
            command = shlex.split(line)[2:]
            if "without" not in block.remark:
                onnx = ("onnx", "onnxruntime") if command[-1].endswith(".onnx") or "--tolerance" in command else ()
                for package in (*NEEDS.get(command[0], ()), *onnx):
                    pytest.importorskip(package)
            if "--plugin" in command:
                code, said = alone(command, warm.environment)
            else:
                code, said = run(command), "".join(capsys.readouterr())
            if code:
                assert "Traceback" not in said
                return " ".join(re.findall(r"error\[(NS\d+)\]", said))
        return ""

    return outcome


def alone(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run a command in a process of its own, whose layers of a plugin no other test meets."""
    done = subprocess.run(["netspec", *command], capture_output=True, text=True, env=environment)
    return done.returncode, done.stdout + done.stderr


def no_connection(*_: object, **__: object) -> None:
    raise OSError("no connection")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_bad_example_fails_with_the_code(page: Path, outcome: Callable[..., str]) -> None:
    bad, _ = examples(page)
    assert bad.remark["refused"] == page.stem
    assert set(outcome(page, bad).split()) == {page.stem}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_good_example_does_not(page: Path, outcome: Callable[..., str]) -> None:
    _, good = examples(page)
    assert good.remark == {}
    assert outcome(page, good) == ""


def test_explain_prints_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "ns0302"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("NS0302: the kernel is larger than its input\n\nA window must fit")
    assert "\n    layers:\n      - {max_pool: 2, repeat: 4}\n" in said
    assert "```" not in said
    assert "<!--" not in said
    assert run(["explain", "NS0302", "--format", "markdown"]) == 0
    assert "```yaml\nnetspec: 1\n" in capsys.readouterr().out


def test_an_unknown_code_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "NS0399"]) == 1
    assert "there is no diagnostic code NS0399" in capsys.readouterr().err
