"""In a copy of the package, a command and a format are each added in one file, and found by all that tells of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.cli import cli
from netspec.report.writers import formats, writer

ROOT = Path(__file__).parent.parent.parent

COMMAND = '''\
"""`netspec depth`: How deep a network is."""

import click

from netspec.cli import options
from netspec.report.document import Caption, Document
from netspec.report.sheet import Sheet


@click.command()
@options.told
@options.spec()
def depth(spec):
    """Tell how deep SPEC is."""
    from netspec import api

    found = api.analyze(spec.load()).depth.weight_layers
    rows = [["depth", found]]
    return Document("depth", lambda: [Caption(str(found))], lambda: {"depth": found}, lambda: Sheet(["", "n"], rows))
'''
FORMAT = '''\
"""Tab-separated values: the document's rows."""

from netspec.report.writers import Writer


def _write(document, page):
    columns, rows = document.sheet()
    for row in [columns, *rows]:
        yield "\\t".join(map(str, row)) + "\\n"


WRITER = Writer(_write, for_people=False)
'''
SPEC = "netspec: 1\nname: net\ninput: [4]\nlayers: [{linear: 3}, relu, {linear: 2}]\n"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "netspec", folder / "netspec", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "netspec/cli/commands/depth.py").write_text(COMMAND)
    (folder / "netspec/report/writers/tsv.py").write_text(FORMAT)
    (folder / "net.yaml").write_text(SPEC)
    return folder


def printed(folder: Path, *args: str, **environment: str) -> str:
    inherited = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "COLUMNS": "80"}
    command = [sys.executable, *(args or ("-m", "netspec"))]
    done = subprocess.run(command, cwd=folder, env=inherited | environment, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout


def test_the_command_runs_in_every_format(copy: Path) -> None:
    told = {form: printed(copy, "-m", "netspec", "depth", "net.yaml", "--format", form) for form in [*formats(), "tsv"]}
    assert told["text"] == "2\n"
    assert told["json"] == '{\n  "depth": 2\n}\n'
    assert told["tsv"] == "\tn\ndepth\t2\n"
    assert told["csv"] == ",n\ndepth,2\n"
    assert told["html"].startswith("<!doctype html>")


def test_the_format_writes_what_commands_find_out(copy: Path) -> None:
    rows = printed(copy, "-m", "netspec", "summary", "net.yaml", "--format", "tsv").splitlines()
    assert [row.split("\t")[0] for row in rows] == ["path", "linear1", "relu1", "linear2"]


def test_help_completion_and_the_documentation_tell_of_them(copy: Path) -> None:
    assert re.search(r"(?m)^  depth +How deep a network is\.$", printed(copy, "-m", "netspec", "--help"))
    assert "|tsv]" in "".join(printed(copy, "-m", "netspec", "memory", "--help").split())
    completing = {"_NETSPEC_COMPLETE": "bash_complete", "COMP_CWORD": "1", "COMP_WORDS": "netspec de"}
    assert printed(copy, **completing) == "plain,depth\n"
    completing |= {"COMP_CWORD": "4", "COMP_WORDS": "netspec depth net.yaml --format t"}
    assert printed(copy, **completing).split() == ["plain,text", "plain,tsv"]
    tables = printed(copy, "-c", "from tests.docs import *; print(command_table(), format_table())")
    assert "| `netspec depth` | How deep a network is. |\n" in tables
    assert "| `tsv` | Tab-separated values: the document's rows. |\n" in tables


@pytest.mark.parametrize("name", cli.help_lines())
def test_a_command_is_the_only_one_of_its_file_and_has_a_line_of_help(name: str) -> None:
    line = cli.help_lines()[name]
    assert line.endswith(".")
    assert len(line) < 60
    command = cli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.name == name


@pytest.mark.parametrize("form", formats())
def test_a_format_has_a_writer(form: str) -> None:
    assert writer(form).write
