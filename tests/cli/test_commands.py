"""The commands, run in the process as the launcher runs them."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from netspec.cli import cli
from netspec.diagnostics import NetspecError
from netspec.zoo_specs import locate

ROOT = Path(__file__).parent.parent.parent

BROKEN = """netspec: 1
name: broken
input: [1, 28, 28]
layers:
  - {conv: 6, kernel: 5, name: conv1}
  - relu
  - {conv: 16, kernel: 5, strid: 2}
  - rellu
"""
TOO_LARGE = """netspec: 1
name: broken
input: [1, 28, 28]
layers:
  - {conv: 6, kernel: 5, name: conv1}
  - {conv: 16, kernel: 50}
  - relu
"""
KERAS_CNN_ROWS = """\
│ conv1 (Conv2d)        │ (None, 62, 62, 16) │     448 │ 1,660,608 │
│ max_pool1 (MaxPool2d) │ (None, 31, 31, 16) │       0 │         0 │
│ conv2 (Conv2d)        │ (None, 29, 29, 32) │   4,640 │ 3,875,328 │
│ max_pool2 (MaxPool2d) │ (None, 14, 14, 32) │       0 │         0 │
│ conv3 (Conv2d)        │ (None, 12, 12, 48) │  13,872 │ 1,990,656 │
│ max_pool3 (MaxPool2d) │ (None, 6, 6, 48)   │       0 │         0 │
│ flatten1 (Flatten)    │ (None, 1728)       │       0 │         0 │
│ linear1 (Linear)      │ (None, 3)          │   5,187 │     5,184 │
"""


def test_keras_cnn_is_shown_as_keras_shows_it(netspec):
    code, out, err = netspec("summary", "keras_cnn", "--data-format", "channels_last")
    assert (code, err) == (0, "")
    assert KERAS_CNN_ROWS in out
    assert " Total params: 24,147 (94.32 KB)\n" in out


def test_a_zoo_name_with_its_suffix_works_in_an_empty_folder(netspec):
    _, out, _ = netspec("summary", "lenet.yaml")
    assert " Total params: 61,706 (241.04 KB)\n" in out
    assert "(8,084 hidden)" in out


def test_summary_fits_80_columns_and_is_plain_in_a_pipe(netspec):
    _, out, _ = netspec("summary", "resnet50")
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out
    assert " Total params: 25,557,032 (97.49 MB)\n" in out
    assert " MACs: 4,089,184,256\n" in out


def test_summary_as_json(netspec):
    code, out, _ = netspec("summary", "lenet", "--format", "json")
    record = json.loads(out)
    assert code == 0
    assert record["layers"][0] | {"line": 9} == record["layers"][0] | {
        "path": "conv1",
        "op": "conv",
        "type": "Conv2d",
        "inputs": ["input"],
        "output_shape": [6, 28, 28],
        "params": 156,
        "trainable_params": 156,
        "macs": 117600,
        "units": 4704,
        "connections": 122304,
        "receptive_field": {"size": [5, 5], "stride": [1, 1], "start": [-2, -2]},
        "smallest_receptive_field": {"size": [5, 5], "stride": [1, 1], "start": [-2, -2]},
        "sees": ["window", "window"],
        "line": 9,
    }
    assert record["totals"]["hidden_units"] == 8084
    assert record["totals"]["weight_layers"] == 5
    assert record["totals"]["param_bytes"] == 246824


def test_summary_as_csv_and_markdown(netspec):
    _, out, _ = netspec("summary", "lenet", "--format", "csv")
    assert sum(int(row["params"]) for row in csv.DictReader(io.StringIO(out))) == 61706
    _, out, _ = netspec("summary", "lenet", "--format", "markdown", "--batch", "4")
    assert "| `conv1` | Conv2d | (4, 6, 28, 28) | 156 | 117,600 |\n" in out


def test_summary_with_settings_and_another_input(netspec):
    _, out, _ = netspec("summary", "resnet50", "--set", "classes=10", "--set", "depths=[1, 1, 1, 1]", "--depth", "1")
    assert "│ layer1 (1 x bottleneck)" in out
    assert "│ (None, 10) " in out
    _, out, _ = netspec("summary", "resnet50", "--input", "3x64x64", "--depth", "1")
    assert "(None, 64, 32, 32)" in out
    _, other, _ = netspec("summary", "resnet50", "--input", "input=3x64x64", "--depth", "1")
    assert out == other


def test_summary_of_a_broken_spec_shows_what_comes_before_the_error(netspec):
    Path("broken.yaml").write_text(TOO_LARGE)
    code, out, err = netspec("summary", "broken.yaml")
    assert code == 1
    assert out.startswith('Model: "broken" (up to the first error)\n')
    assert "│ conv1 (Conv2d) │ (None, 6, 24, 24) │     156 │" in out
    assert err.startswith("error[NS0302]: ")
    assert " --> broken.yaml:6:" in err
    assert "6 |   - {conv: 16, kernel: 50}\n" in err
    assert err.endswith("\n1 error\n")


def test_summary_of_a_broken_spec_as_json_is_one_document(netspec):
    Path("broken.yaml").write_text(TOO_LARGE)
    code, out, err = netspec("summary", "broken.yaml", "--format", "json")
    record = json.loads(out)
    assert (code, err) == (1, "")
    assert [layer["path"] for layer in record["layers"]] == ["conv1"]
    assert [(d["code"], d["line"]) for d in record["diagnostics"]] == [("NS0302", 6)]


def test_summary_of_nothing_as_json(netspec):
    code, out, err = netspec("summary", "nowhere.yaml", "--format", "json")
    assert (code, err) == (1, "")
    assert [d["code"] for d in json.loads(out)["diagnostics"]] == ["NS0901"]


def test_an_error_in_a_zoo_spec_shows_its_line(netspec):
    code, _, err = netspec("summary", "lenet", "--input", "1x4x4")
    assert code == 1
    assert " --> lenet.yaml:" in err
    assert "\n12 |   - {conv: 16, kernel: 5, name: conv2}\n" in err


def test_check_reports_every_error_of_every_file(netspec):
    for name in ("a.yaml", "b.yaml"):
        Path(name).write_text(BROKEN)
    code, out, err = netspec("check", "a.yaml", "lenet", "b.yaml", "nowhere.yaml")
    assert (code, err) == (1, "")
    for name in ("a", "b"):
        assert f" --> {name}.yaml:7:" in out
        assert f" --> {name}.yaml:8:" in out
    assert "no spec `nowhere.yaml`" in out
    assert out.endswith("\n5 errors\n`netspec check --fix` applies the fix\n")


def test_check_as_json(netspec):
    Path("a.yaml").write_text(BROKEN)
    code, out, _ = netspec("check", "a.yaml", "--format", "json")
    assert code == 1
    assert [(d["code"], d["file"], d["line"]) for d in json.loads(out)] == [
        ("NS0205", "a.yaml", 7),
        ("NS0204", "a.yaml", 8),
    ]
    assert netspec("check", "lenet", "--format", "json")[:2] == (0, "[]\n")


def test_check_holds_the_budget(netspec):
    code, out, _ = netspec("check", "resnet50", "--set", "depths=[3, 4, 23, 3]")
    assert code == 1
    assert "error[NS0905]: the network breaks its budget of params\n  --> resnet50.yaml:51:18\n" in out
    assert "   = found: 44,549,160 parameters\n   = expected: <= 26M\n" in out
    assert out.endswith("2 errors\n")


def test_memory_as_a_table(netspec):
    code, out, _ = netspec("memory", "lenet", "--batch", "2", "--optimizer", "sgd", "--fit", "1GB")
    assert code == 0
    assert 'Model: "lenet"  batch 2, float32, sgd, cpu' in out
    assert "64,756" in out
    assert "Largest batch in 1.00 GB: " in out
    assert max(map(len, out.splitlines())) <= 80
    _, out, _ = netspec("memory", "lenet", "--fit", "1KB")
    assert "Largest batch in 1.00 KB: none in training, none in inference." in out


def test_memory_as_json(netspec):
    _, out, _ = netspec("memory", "lenet", "--batch", "2", "--precision", "bf16", "--format", "json", "--fit", "1GB")
    record = json.loads(out)
    assert (record["name"], record["batch"], record["precision"], record["optimizer"]) == ("lenet", 2, "bf16", "adamw")
    assert sum(record["kept_by"].values()) == record["kept_for_backward"]
    assert record["unknown"] is None
    assert record["fit"]["limit"] == 2**30
    assert record["fit"]["inference_batch"] > record["fit"]["training_batch"] > 1000


def test_check_holds_a_budget_of_memory_with_the_recipe_s_optimizer(netspec):
    spec = "netspec: 1\nname: n\ninput: [1, 8, 8]\nlayers: [flatten, {linear: 10}]\nbudget: {memory: <= 8KB}\n"
    recipe = "train: {data: digits, loss: cross_entropy, optimizer: {OPTIMIZER: 0.1}, epochs: 1}\n"
    for optimizer, expected in (("sgd", 0), ("adam", 1)):
        Path("n.yaml").write_text(spec + recipe.replace("OPTIMIZER", optimizer))
        assert netspec("check", "n.yaml")[0] == expected


def test_check_of_what_is_right(netspec):
    assert netspec("check", "lenet") == (0, "1 spec checked, no errors\n", "")
    assert netspec("check", "lenet", "resnet50") == (0, "2 specs checked, no errors\n", "")


def test_build_prints_or_writes_the_same_source(netspec):
    code, out, _ = netspec("build", "lenet")
    assert code == 0
    compile(out, "lenet.py", "exec")
    assert netspec("build", "lenet", "-o", "lenet.py") == (0, "", "")
    assert Path("lenet.py").read_text() == out


def test_build_to_where_nothing_can_be_written(netspec):
    code, _, err = netspec("build", "lenet", "-o", "no/such/folder/lenet.py")
    assert code == 1
    assert err.startswith("error[NS0903]: no/such/folder/lenet.py cannot be written")


def test_list_and_show(netspec):
    code, out, _ = netspec("list")
    assert code == 0
    assert "lenet " in out
    names = [each["name"] for each in json.loads(netspec("list", "--format", "json")[1])]
    assert {"lenet", "keras_cnn", "resnet50"} <= set(names)
    _, out, _ = netspec("show", "lenet")
    assert out == (ROOT / "specs" / "lenet.yaml").read_text()
    code, _, err = netspec("show", "lenett")
    assert code == 1
    assert "did you mean `lenet`?" in err


def test_layers(netspec):
    _, out, _ = netspec("layers")
    assert "\nmax_pool " in out
    _, out, _ = netspec("layers", "conv")
    assert "padding_mode  `zeros`, `reflect`, `replicate` or `circular`; default zeros" in out
    assert "    - {conv: 6, kernel: 5, padding: 2}  # [1, 28, 28] -> [6, 28, 28]\n" in out
    (record,) = json.loads(netspec("layers", "conv", "--format", "json")[1])
    assert record["options"][0] == {"name": "out", "type": "an integer", "default": None, "main": True}
    code, _, err = netspec("layers", "cnov")
    assert (code, "did you mean `conv`?" in err) == (1, True)


def test_schema_is_json(netspec):
    code, out, _ = netspec("schema")
    assert code == 0
    assert json.loads(out)["$schema"].startswith("https://json-schema.org/")


@pytest.mark.parametrize(
    "args",
    [
        ("summry", "lenet"),
        ("summary",),
        ("summary", "lenet", "--depth", "0"),
        ("summary", "lenet", "--input", "3x0x4"),
        ("summary", "lenet", "--input", "wide"),
        ("summary", "lenet", "--format", "json", "--batch", "3"),
        ("check",),
    ],
)
def test_wrong_usage_exits_2(netspec, args):
    code, out, err = netspec(*args)
    assert (code, out) == (2, "")
    assert "Error: " in err


def test_an_unknown_setting_exits_1(netspec):
    code, _, err = netspec("summary", "resnet50", "--set", "clases=10")
    assert code == 1
    assert err.startswith("error[NS0703]: ")
    assert "did you mean `classes`?" in err


def test_a_plugin_adds_its_layers(tmp_path):
    plugin = tmp_path / "swap.py"
    plugin.write_text(
        "from typing import ClassVar\n"
        "from netspec.layers.base import Layer\n"
        "class Swap(Layer):\n"
        '    """Swaps."""\n'
        '    op: ClassVar = "swap"\n'
    )
    command = [sys.executable, "-m", "netspec", "layers", "swap"]
    done = subprocess.run([*command, "--plugin", plugin], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.startswith("swap\n\n  Swaps.\n")) == (0, True), done.stderr
    plugin.write_text("import netspec\n\nraise ValueError('no luck')\n")
    done = subprocess.run([*command, "--plugin", plugin], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "ValueError: no luck\n" in done.stderr
    assert "swap.py:3:1\n" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("launcher", [("-m", "netspec"), ("cli.py",)])
def test_every_launcher_works(launcher):
    done = subprocess.run([sys.executable, *launcher, "--version"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "netspec 0.1.0\n")


@pytest.mark.parametrize("command", ["summary resnet50", "summary resnet101 --format json", "show lenet"])
def test_a_reader_that_goes_away_is_no_error(command):
    pipe = f"set -o pipefail; {sys.executable} -m netspec {command} | head -c 1"
    done = subprocess.run(["bash", "-c", pipe], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, len(done.stdout), done.stderr) == (0, 1, "")


def test_a_terminal_without_unicode_gets_ascii():
    environment = {"PYTHONIOENCODING": "ascii", "PATH": ""}
    command = [sys.executable, "-m", "netspec", "summary", "lenet"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, env=environment)
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert b"| conv1 (Conv2d)" in done.stdout


def test_help_names_every_command(netspec):
    _, out, _ = netspec("--help")
    for name, line in cli.help_lines().items():
        assert f"  {name} " in out
        assert line in out


def test_folders_are_no_specs(netspec):
    Path("runs/lenet-1").mkdir(parents=True)
    Path("runs/lenet-1/spec.yaml").write_text(TOO_LARGE)
    code, _, err = netspec("summary", "runs")
    assert (code, err) == (1, "error[NS0902]: `runs` is a folder, not a spec\n  = expected: a file\n\n1 error\n")
    _, _, err = netspec("summary", "runs/lenet-1")
    assert "= help: `runs/lenet-1/spec.yaml` is one\n" in err


def test_show_of_a_file_says_what_it_shows(netspec):
    Path("mine.yaml").write_text(TOO_LARGE)
    code, _, err = netspec("show", "mine.yaml")
    assert code == 2
    assert "mine.yaml is a file; show prints the specs that `netspec list` names." in err


@pytest.mark.parametrize("shapes", [("other=1x4x4",), ("1x28x28", "1x32x32"), ("1x28x28", "input=1x32x32")])
def test_input_shapes_that_name_nothing_or_one_thing_twice(netspec, shapes):
    code, out, err = netspec("summary", "lenet", *(word for shape in shapes for word in ("--input", shape)))
    assert (code, out) == (2, "")
    assert "'input'" in err


def test_a_layer_by_its_name_in_torch(netspec):
    assert "did you mean `max_pool`?" in netspec("layers", "MaxPool2d")[2]


def test_a_built_file_is_held_in_step_with_its_spec(netspec):
    assert netspec("build", "lenet", "-o", "lenet.py") == (0, "", "")
    assert netspec("build", "lenet", "--check", "lenet.py") == (0, "lenet.py is in step with lenet\n", "")
    built = Path("lenet.py")
    text = built.read_text()

    built.write_text(text.replace("Linear(84, 10)", "Linear(84, 11)"))
    code, out, err = netspec("build", "lenet", "--check", "lenet.py")
    assert (code, err) == (1, "")
    assert "-        self.fc3 = nn.Linear(84, 11)\n+        self.fc3 = nn.Linear(84, 10)\n" in out

    built.write_text(text.replace("by netspec ", "by netspec 0.0.1-"))
    assert netspec("build", "lenet", "--check", "lenet.py")[0] == 0
    built.write_bytes(text.replace("\n", "\r\n").encode())
    assert netspec("build", "lenet", "--check", "lenet.py")[0] == 1
    built.write_bytes(b"\xff\xfe\x00")
    code, _, err = netspec("build", "lenet", "--check", "lenet.py")
    assert code == 1
    assert "error[NS0902]: lenet.py cannot be read: it is no text in UTF-8" in err
    code, _, err = netspec("build", "lenet", "--check", "nowhere.py")
    assert (code, "there is no file nowhere.py" in err) == (1, True)
    assert netspec("build", "lenet", "--check", "lenet.py", "-o", "other.py")[0] == 2
    assert not Path("other.py").exists()


def test_the_digest_tells_specs_apart_and_nothing_else(netspec):
    spec = Path("net.yaml")
    text = "netspec: 1\nname: net\nparams: {n: 3}\ninput: [4]\nlayers: [{linear: $n}]\n"

    def digest(written: str, *args: str) -> str:
        spec.write_text(written)
        [line] = [x for x in netspec("build", "net.yaml", *args)[1].splitlines() if "sha256" in x]
        return line

    first = digest(text)
    assert digest(f"# a remark\n{text}budget: {{params: <= 1M}}\n") == first
    assert digest(text, "--set", "n=3") == first
    assert len({first, digest(text, "--set", "n=4"), digest(text.replace("[4]", "[5]"))}) == 3


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *((name, "tiny.yaml") for name in ("tiny.yml", "tiny", "tinny.yaml")),
        ("nets/other.yaml", "nets/other.yml"),
        *((name, "retinanet_resnet50_fpn") for name in ("retinanet", "retinanett")),
        ("resnet_18", "resnet18"),
        ("xyz.yaml", ""),
        ("\0", ""),
    ],
)
def test_a_spec_that_is_not_there_is_told_with_the_nearest_file_or_name(
    written: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nets").mkdir()
    Path("tiny.yaml").touch()
    Path("nets/other.yml").touch()
    with pytest.raises(NetspecError) as raised:
        locate(written)
    assert raised.value.diagnostics[0].help == (f"did you mean `{meant}`?" if meant else None)


@pytest.mark.parametrize("name", sorted(cli.help_lines()))  # type: ignore[attr-defined]
def test_help_fits_80_columns_and_says_what_each_option_takes(name: str) -> None:
    command = cli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    with click.Context(command, info_name=f"netspec {name}", max_content_width=80) as context:
        text = command.get_help(context)
    assert max(map(len, text.splitlines())) <= 80
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{option.name} has no help"
            assert option.help.endswith(".")
    assert not re.search(r"^ +--?[^ ]+.* (FLOAT|INTEGER|TEXT|PATH) RANGE\b", text, re.MULTILINE)
