"""Training scripts of texts do what `netspec train` does, bit for bit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file

from netspec import api
from netspec.companions import files, write_files
from netspec.diagnostics import NetspecError
from netspec.training.spec import train_spec
from tests.backends.checks import clean
from tests.companions.test_detectors import run_here


def spec(data: dict[str, Any], tokens: int = 256, **recipe: Any) -> api.Spec:
    """A network that tells each token by itself, and a recipe for texts."""
    recipe = {"loss": "cross_entropy", "optimizer": {"adamw": 1e-2}, "epochs": 2, **recipe}
    written = {
        "netspec": 1,
        "name": "letters",
        "input": {"shape": [6], "dtype": "int64"},
        "layers": [{"embedding": tokens, "dim": 8}, "relu", {"dropout": 0.1}, {"linear": tokens}],
        "train": {"data": {**data, "batch_size": 4}, **recipe},
    }
    return api.loads(yaml.safe_dump(written, sort_keys=False))


def texts(folder: Path) -> Path:
    """Texts in files, one of them empty and one that is none."""
    (folder / "more").mkdir(parents=True)
    for number, name in enumerate(["a.txt", "b.txt", "more/c.txt", "more/d.txt"]):
        (folder / name).write_text(f"the text number {number}, which ends soon. " * (3 + number))
    (folder / "empty.txt").touch()
    (folder / "image.txt").write_bytes(b"\x89PNG\0")
    return folder


NEXT = {"files": "*.txt", "validation": 1, "test": 0.25}
MASKED = {"masked": 0.3, "test": 1}


@pytest.mark.parametrize(("options", "tokens"), [(NEXT, 256), (MASKED, 257)], ids=["next", "masked"])
def test_a_script_of_texts_leaves_the_weights_that_netspec_train_leaves(
    options: dict[str, Any],
    tokens: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = spec({"text": str(texts(tmp_path / "texts")), **options}, tokens)
    write_files(made, tmp_path / "net.py", train=True)
    run_here(tmp_path, monkeypatch)
    out = capsys.readouterr().out
    metrics = train_spec(made, device="cpu", out=tmp_path / "run").metrics
    weights = torch.load("checkpoints/last.pt", weights_only=True)["network"]
    wanted = load_file("run/last.safetensors")
    assert weights.keys() == wanted.keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in wanted.items())
    [told] = re.findall(r"^test (.*)  of [\d,]+ windows$", out, re.MULTILINE)
    figures = dict(re.findall(r"(\w+) ([\d.]+)", told))
    assert {f"test_{name}" for name in figures} == {name for name in metrics if name.startswith("test_")}
    for name, figure in figures.items():
        share = 100 if f"{name} {figure}%" in told else 1
        assert float(figure) == pytest.approx(share * metrics[f"test_{name}"], abs=0.006, rel=1e-3)


def test_a_text_that_cannot_be_read_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = texts(tmp_path / "texts")
    write_files(spec({"text": str(folder)}), tmp_path / "net.py", train=True)
    (folder / "out.txt").symlink_to(tmp_path / "net.py")
    with pytest.raises(SystemExit) as caught:
        run_here(tmp_path, monkeypatch)
    said = str(caught.value.code)
    assert said.startswith(f"{folder}/out.txt: it is a link that leads out of the folder: ")
    assert "\n" not in said


def test_a_vocabulary_of_a_file_is_refused() -> None:
    with pytest.raises(NetspecError, match="the training script cannot do `vocabulary`"):
        files(spec({"text": "there", "vocabulary": "tokenizer.json"}), Path("net.py"), train=True)


def test_scripts_of_texts_are_clean(tmp_path: Path) -> None:
    sources = {}
    for number, data in enumerate([{"text": "there", **NEXT}, {"text": "there", **MASKED}, {"python_stdlib": None}]):
        made = spec(data, 257 if "masked" in data else 256, clip={"norm": 1.0}, accumulate=2)
        found = files(made, Path(f"net{number}.py"), train=True)
        sources |= {path.stem: text for path, text in found.items()}
    clean(sources, tmp_path)


def test_weights_by_name_are_refused_by_a_run_and_by_a_script(tmp_path: Path) -> None:
    folder = str(texts(tmp_path / "texts"))
    one = spec({"text": folder, **NEXT}, loss={"cross_entropy": None, "weight": {"a": 2.0}})
    script = Path("net.py")
    for of in (lambda: train_spec(one, out=tmp_path / "run", device="cpu"), lambda: files(one, script, train=True)):
        with pytest.raises(NetspecError, match="`weight` names classes, and tokens have no names"):
            of()
