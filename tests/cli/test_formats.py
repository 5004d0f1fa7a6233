"""What a command finds out it tells in every format."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from netspec.cli import cli
from netspec.cli.options import FORM
from netspec.report.writers import formats
from tests.report.test_writers import ELEMENTS, Elements

TEXTS = {"build", "init", "draw", "explore", "schema", "show"}
"""Commands that print source, a picture, a page or a spec, which has a form of its own."""

TOLD = (
    ("summary", "lenet"),
    ("explain", "lenet", "conv1"),
    ("explain", "NS0302"),
    ("explain", "NS2001"),
    ("sizes", "lenet"),
    ("memory", "lenet", "--fit", "1GB"),
    ("check", "lenet"),
    ("compare", "lenet", "mlp"),
    ("stages", "lenet", "mlp"),
    ("diff", "lenet", "mlp"),
    ("diff", "lenet", "lenet", "--tensors"),
    ("layers", "conv"),
)


def test_every_command_that_finds_something_out_takes_every_format() -> None:
    for name in cli.help_lines():
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        choices = [list(parameter.type.choices) for parameter in command.params if parameter.type is FORM]
        assert choices == ([] if name in TEXTS else [formats()]), name


@pytest.mark.parametrize("args", TOLD, ids=" ".join)
def test_a_result_in_every_format(netspec, args: tuple[str, ...]) -> None:
    told = {}
    for form in formats():
        code, told[form], err = netspec(*args, "--format", form)
        assert (code, err) == (0, ""), form
        assert told[form].endswith("\n")
    assert json.loads(told["json"]) is not None
    head, *rows = csv.reader(io.StringIO(told["csv"]))
    assert {len(row) for row in rows} <= {len(head)}
    page = Elements()
    page.feed(told["html"])
    assert page.names <= ELEMENTS | {"a", "dl", "em"}
    assert len({*told.values()}) == len(told)


@pytest.mark.parametrize("form", [form for form in formats() if form != "json"])
def test_errors_are_on_the_error_stream_of_every_other_format(netspec, form: str) -> None:
    Path("broken.yaml").write_text(
        "netspec: 1\nname: b\ninput: [1, 8, 8]\nlayers: [{conv: 2, kernel: 3}, {max_pool: 9}]\n"
    )
    code, out, err = netspec("summary", "broken.yaml", "--format", form)
    assert code == 1
    assert "conv1" in out
    assert err.startswith("error[NS0302]")
    code, out, err = netspec("compare", "broken.yaml", "mlp", "--format", form)
    assert code == 1
    assert "mlp" in out
    assert err.startswith("error[NS0302]")


def test_a_format_that_is_none_is_met_with_those_that_are(netspec) -> None:
    code, _, err = netspec("memory", "lenet", "--format", "xml")
    assert code == 2
    assert all(f"'{form}'" in err for form in formats())
