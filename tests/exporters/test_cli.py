"""`netspec export`, run in the process as the launcher runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netspec import api
from netspec.files.run_folder import BEST, LAST, SPEC
from tests.exporters.networks import weights_of


def test_the_report_tells_what_was_written(netspec):
    code, out, err = netspec("export", "lenet_digits", "--format", "safetensors", "--seed", "3")
    assert (code, err) == (0, "")
    assert sorted(each.name for each in Path().iterdir()) == ["lenet_digits.safetensors", "lenet_digits.spec.json"]
    assert 'Model: "lenet_digits"  as  safetensors\n' in out
    assert " File: lenet_digits.safetensors (" in out
    assert " Weights: none given: random, by seed 3\n" in out
    assert " Input: input (batch, 1, 8, 8) float32\n" in out
    assert "│ output │                      0 │                      0 │\n" in out
    assert out.endswith("It agrees with torch within 0.0001.\n")


def test_onnx_as_data(netspec):
    code, out, err = netspec("export", "lenet_digits", "-o", "net.onnx", "--json", "--opset", "18")
    record = json.loads(out)
    assert (code, err) == (0, "")
    assert record["files"] == {"net.onnx": Path("net.onnx").stat().st_size}
    assert (record["format"], record["opset"], record["weights"], record["seed"]) == ("onnx", 18, None, 0)
    assert record["largest_difference"] <= 1e-4


def test_a_run_is_exported_with_its_last_weights(netspec, tmp_path):
    spec = api.load("lenet_digits")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / SPEC).write_text(api.zoo_text("lenet_digits"))
    weights_of(spec, tmp_path, seed=1).rename(folder / LAST)
    weights_of(spec, tmp_path, seed=2).rename(folder / BEST)
    for source in (["run"], ["lenet_digits", "--weights", "run"]):
        code, out, _ = netspec("export", *source, "-o", "net.safetensors")
        assert code == 0
        assert " Weights: run" in out
        assert Path("net.safetensors").read_bytes() == (folder / LAST).read_bytes()
    assert netspec("export", "run", "--weights", f"run/{BEST}", "-o", "net.safetensors")[0] == 0
    assert Path("net.safetensors").read_bytes() == (folder / BEST).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["lenet", "-o", "net.tflite"], 2, "`.tflite` is the suffix of no format; say which with --format"),
        (["lenet", "-o", "net"], 2, "it has no suffix"),
        (["lenet", "--format", "h5"], 2, "'h5' is not one of"),
        (["lenet", "--format", "pt2", "--opset", "18"], 2, "--opset is a version of ONNX's operators"),
        (["lenet9"], 1, "error[NS0901]"),
        (["lenet", "-o", "nowhere/net.onnx"], 1, "error[NS0903]"),
        (["lenet", "--weights", "none.safetensors"], 1, "error[NS0902]"),
        (["lenet_digits", "--format", "safetensors", "--tolerance", "0"], 0, ""),
        (["bad.yaml"], 3, "error[NS0909]: `adaptive_max_pool1` (adaptive_max_pool) cannot be exported to ONNX"),
        (["wrong.yaml"], 1, "error[NS0910]"),
    ],
)
def test_exit_codes(netspec, arguments, code, said):
    begin = "netspec: 1\nname: net\n"
    Path("bad.yaml").write_text(f"{begin}input: [4, 7]\nlayers: [{{adaptive_max_pool: 3}}]\n")
    Path("wrong.yaml").write_text(f"{begin}input: [2, 4, 4]\nlayers: [{{avg_pool: 2, divisor_override: 3}}]\n")
    found, _, err = netspec("export", *arguments)
    assert (found, said in err) == (code, True), err
    assert not list(Path().glob("*.onnx"))


def test_safetensors_under_any_name(netspec):
    assert netspec("export", "lenet_digits", "--format", "safetensors", "-o", "net")[0] == 0
    assert sorted(each.name for each in Path().iterdir()) == ["net", "net.spec.json"]


def test_safetensors_through_a_device(netspec):
    code, _, err = netspec("export", "lenet_digits", "--format", "safetensors", "-o", "/dev/null")
    assert (code, list(Path().iterdir())) == (1, [])
    assert "it is no file, and the format makes two: null and null.spec.json" in err
