"""Every command that reads a spec or a run takes `--plugin`, with the module of docs/plugins.md; again and again."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from netspec.cli import cli
from tests.docs import ROOT, blocks
from tests.warm import WarmProcesses

pytest.importorskip("torch")

PLUGIN = next(block.text for block in blocks(ROOT / "docs" / "plugins.md") if block.file == "gates.py")

NETWORK = """netspec: 1
name: gated
input: [1, 8, 8]
layers:
  - {conv: 4, kernel: 3, padding: 1}
  - gate
  - flatten
  - {linear: 10}
train:
  data: {digits: , batch_size: 256, validation: 0.2}
  loss: cross_entropy
  optimizer: {sgd: 0.1}
  epochs: 1
"""

FILTER = "{netspec: 1, name: filter, input: [1, 8, 8], layers: [{conv: 1, kernel: 3, padding: 1}, gate]}"

LINES = """
check gated.yaml filter.yaml
summary gated.yaml
explain gated.yaml gate1
memory gated.yaml
sizes gated.yaml
stages gated.yaml
init started.yaml
draw gated.yaml -o gated.svg
explore gated.yaml -o gated.html
compare gated.yaml filter.yaml
diff gated.yaml filter.yaml
schema
layers gate
build gated.yaml -o gated.py
data gated.yaml
time gated.yaml
verify gated.yaml --against gated.py:Gated
export gated.yaml -o gated.safetensors
train gated.yaml --out run
train --resume run --epochs 2 --out longer
eval run
predict run digit.png
runs run
search gated.yaml --over train.optimizer.lr=0.1,0.2 --minimize loss --trials 1 --out searched
look run digit.png --show kernels -o looked
shift run digit.png
step gated.yaml
apply filter.yaml digit.png -o applied.png
"""
"""What is run, in this order; commands after `train` use its run."""

WITHOUT = {"convolve", "list", "recipes", "show"}
"""Commands that know no layers: they work on numbers, names and texts."""

DRIVER = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
import torch, netspec.cli
from netspec import api
lines, told = json.loads(sys.argv[1]), {}
for line in lines:
    sys.stdout.flush()
    if (child := os.fork()) == 0:  # each command in a process of its own, which need not import torch anew
        with open("out.txt", "w") as out:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
            os._exit(netspec.cli.run([*line.split(), "--plugin", "gates.py"]))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    told[line] = [code, open("out.txt").read()]
print(json.dumps(told))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the plugin, two networks that use it, and an image."""
    from PIL import Image

    (tmp_path / "gates.py").write_text(PLUGIN)
    (tmp_path / "gated.yaml").write_text(NETWORK)
    (tmp_path / "filter.yaml").write_text(FILTER)
    Image.new("L", (8, 8), 90).save(tmp_path / "digit.png")
    return tmp_path


def test_every_command_takes_a_plugin(folder: Path, warm: WarmProcesses) -> None:
    lines = LINES.split("\n")[1:-1]
    done = subprocess.run(
        [warm.python, "-c", DRIVER, json.dumps(lines)],
        cwd=folder,
        env=warm.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    failed = {line: out for line, (code, out) in json.loads(done.stdout).items() if code != 0}
    assert not failed
    assert {line.split()[0] for line in lines} | WITHOUT == set(cli.list_commands(None))  # type: ignore[arg-type]


def test_commands_without_plugins_say_nothing_of_layers() -> None:
    for name in WITHOUT:
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert all(param.name not in ("source", "plugins") for param in command.params)


def test_a_plugin_is_loaded_once_and_anew_where_it_changed(folder: Path, warm: WarmProcesses) -> None:
    """As the magic `%netspec` does, in the process of a notebook."""
    code = """
from pathlib import Path
from netspec.cli import run
def params():
    import contextlib, io, json
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = run(["summary", "filter.yaml", "--plugin", "gates.py", "--format", "json"])
    return code, code == 0 and json.loads(out.getvalue())["totals"]["params"]
file = Path("gates.py")
text = file.read_text()
print(params(), params())
file.write_text(text.replace("(inputs[0][0], 1, 1)", "(inputs[0][0], 2, 1)"))
print(params())
file.write_text(text.replace('"gate"', '"conv"'))
print(params()[0])
file.write_text(text)
print(params())
Path("other.py").write_text(text)
print(run(["check", "filter.yaml", "--plugin", "other.py"]))
print(params())
"""
    done = subprocess.run(
        [warm.python, "-c", code],
        cwd=folder,
        env=warm.environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == ["(0, 11) (0, 11)", "(0, 12)", "1", "(0, 11)", "1", "(0, 11)"], done.stderr
    assert "two classes define the layer `conv`: netspec.layers.conv.Conv and" in done.stderr
    assert "two classes define the layer `gate`: netspec_plugin_gates" in done.stderr
