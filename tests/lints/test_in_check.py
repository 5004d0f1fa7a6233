"""`netspec check` tells lints, leaves them out and is strict about them."""

import json
from pathlib import Path

import pytest

from netspec.lints import lints

HEAD = "netspec: 1\nname: net\n"


@pytest.fixture
def netspec(netspec):
    """Runs a command in a folder with a spec that a lint warns of."""
    Path("biased.yaml").write_text(f"{HEAD}{lints()['bias-before-norm'].bad}")
    return netspec


def test_warnings_leave_the_exit_code(netspec):
    code, out, _ = netspec("check", "biased.yaml")
    assert code == 0
    assert out.startswith("warning[NS2001]: `batch_norm1` takes away the bias that `conv1` adds\n")
    assert " --> biased.yaml:5:5\n" in out
    assert out.endswith("\n1 warning\n1 spec checked, no errors\n")


def test_strict_makes_errors_of_them(netspec):
    code, out, _ = netspec("check", "--strict", "biased.yaml")
    assert code == 1
    assert out.startswith("error[NS2001]: ")
    assert out.endswith("\n1 error\n")


@pytest.mark.parametrize("name", ["bias-before-norm", "NS2001"])
def test_a_lint_is_left_out_by_name_and_by_code(netspec, name):
    assert netspec("check", "biased.yaml", "--ignore", name) == (0, "1 spec checked, no errors\n", "")


def test_an_unknown_lint_is_met_with_the_nearest(netspec):
    code, _, err = netspec("check", "biased.yaml", "--ignore", "bias-before-nrm")
    assert code == 2
    assert "did you mean `bias-before-norm`?" in err


def test_as_data(netspec):
    code, out, _ = netspec("check", "biased.yaml", "--format", "json")
    (record,) = json.loads(out)
    assert (code, record["code"], record["severity"]) == (0, "NS2001", "warning")
    assert record["title"] == "a bias before a normalisation"
