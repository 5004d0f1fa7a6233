"""Each part of a recipe does in the script what it does in `netspec train`."""

from __future__ import annotations

import re
import runpy
import sys
from collections.abc import Iterator
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from safetensors.torch import load_file

from netspec.companions import files
from netspec.companions.carrying import Carried, Name
from netspec.companions.refusing import REFUSED, REFUSED_OF_DATA
from netspec.companions.written import carried_name, imports_of
from netspec.diagnostics import Code, NetspecError
from netspec.driver.recipes import recipe_of
from netspec.program.foreign import Import
from netspec.recipe.augment import Augmentation
from netspec.recipe.clip import Clip
from netspec.recipe.data import DataSet
from netspec.recipe.data.objects import Objects
from netspec.recipe.data.text import Texts
from netspec.recipe.function import Function
from netspec.recipe.losses import Loss, PairLoss
from netspec.recipe.metrics import Metric
from netspec.recipe.optimizers import Optimizer
from netspec.recipe.schedules import Schedule
from netspec.training.spec import train_spec
from tests.backends.checks import clean, imported
from tests.companions.recipes import (
    AUGMENTATIONS,
    DATA,
    EVERY,
    FILES,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    RUNS,
    SCHEDULES,
    SEVERAL,
    digits,
    fitting,
)

LIBRARIES = {"torch", "numpy", "PIL", "pyarrow", "scipy", "sklearn", "torchvision"}


def together(*families: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Recipes that together have every member of some families."""
    for parts in zip_longest(*families, fillvalue={}):
        yield {key: value for part in parts for key, value in part.items()}


HERE = [recipe for recipe in DATA if not {"mnist", "fashion_mnist", "cifar10", "cifar100"} & recipe["data"].keys()]
"""Data that come with a library."""

COMBINED = [*together(LOSSES, OPTIMIZERS, SCHEDULES, RUNS), *together(METRICS, HERE), *AUGMENTATIONS]


class Own(Loss):
    """A loss of no family's, whose function stands beside it."""

    for_classes: ClassVar[str] = "own"


def own(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return (outputs - targets).abs().mean()


def test_a_function_in_the_file_of_its_part_is_carried_from_there() -> None:
    function = Own().of_classes()
    assert function.target == f"{__name__}.own"
    assert function(torch.ones(2), torch.zeros(2)) == 1
    assert carried_name(function) is None  # netspec carries its own files alone
    assert list(imports_of(function)) == [Import(__name__, "own")]
    name = carried_name(Function("netspec.recipe.schedules._milestones"))
    assert name == Name("netspec.recipe.schedules", "_milestones")
    carried = Carried({})
    carried.add(name)
    (text,) = carried.texts(of_script=False)
    assert text.startswith("def _milestones(value: Any)")
    assert {each.name for each in carried.imports} == {"Any", "pairwise", "MOST_COUNTED", "PydanticCustomError"}


def test_every_part_is_tried() -> None:
    tried: dict[type, set[str]] = {}
    for recipe in [recipe_of(digits({"schedule": None, **each})) for each in EVERY]:
        parts = [getattr(recipe, key) for key in type(recipe).model_fields]
        for part in [each for some in parts for each in (some if isinstance(some, tuple) else (some,))]:
            for family in (Augmentation, Clip, DataSet, Loss, Metric, Optimizer, Schedule):
                if isinstance(part, family):
                    tried.setdefault(family, set()).add(part.key)
    own = {"accuracy", "top5", "pixel_accuracy", "miou", "r2", "mse", "psnr"}
    own |= {"label_f1", "mean_average_precision"}  # the tasks' own
    own |= {"bits_per_byte", "perplexity", "token_accuracy", "map"}  # of texts and of boxes
    refused = {*refused_data(), *(key for key, kind in Loss.members.items() if issubclass(kind, PairLoss))}  # see below
    refused |= {"scale_jitter", "zoom_out", "iou_crop", "detector"}  # of boxes: see test_detectors
    refused |= {*(key for key, kind in DataSet.members.items() if issubclass(kind, (Objects, Texts)))}
    for family, keys in tried.items():
        assert keys | (own if family is Metric else refused) >= set(family.members)


def refused_data() -> set[str]:
    """The data sets that no script reads."""
    return {key for key, kind in DataSet.members.items() if kind.reader is DataSet.reader and kind.is_builtin()}


def test_the_docs_list_what_no_script_follows() -> None:
    text = (Path(__file__).parents[2] / "docs" / "build.md").read_text()
    rows = text.partition("| Refused | Why |")[2].partition("\n\n")[0].splitlines()[2:]
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert listed == {*REFUSED, *REFUSED_OF_DATA, *refused_data()}


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        ({"fresh": ["head"]}, {"fresh": "train/fresh"}),
        ({"data": {"text": "there", "vocabulary": "tokenizer.json"}}, {"vocabulary": "train/data"}),
    ],
)
def test_what_the_script_cannot_do_is_refused(recipe: dict[str, Any], told: dict[str, str]) -> None:
    spec = digits(recipe)
    with pytest.raises(NetspecError) as caught:
        files(spec, Path("net.py"), train=True)
    found = caught.value.diagnostics
    assert {d.code for d in found} == {Code.BAD_RECIPE}
    assert [d.message for d in found] == [f"the training script cannot do `{name}`" for name in told]


@cache
def made_files(number: int) -> dict[Path, str]:
    """The network and the script of a recipe, by its number: both are made once for all that is asked of them."""
    recipe = [*COMBINED, *DATA, *FILES][number]
    return dict(files(fitting(recipe), Path(f"net{number}.py"), train=True))


def test_scripts_are_clean(tmp_path: Path) -> None:
    sources = {}
    for number in range(len([*COMBINED, *DATA, *FILES])):
        found = made_files(number)
        sources |= {path.stem: text for path, text in found.items()}
        assert imported(found[Path(f"train_net{number}.py")]) <= LIBRARIES | {f"net{number}"}
    sources |= {path.stem: text for path, text in files(SEVERAL, Path("several.py"), train=True).items()}
    clean(sources, tmp_path)


@pytest.mark.parametrize(("number", "recipe"), list(enumerate(COMBINED)), ids=map(str, COMBINED))
def test_a_script_comes_to_what_netspec_train_comes_to(
    number: int,
    recipe: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for path, text in made_files(number).items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", [f"train_net{number}.py", "--device", "cpu"])
    sys.modules.pop(f"net{number}", None)
    runpy.run_path(f"train_net{number}.py", run_name="__main__")
    out = capsys.readouterr().out
    metrics = train_spec(fitting(recipe), device="cpu", out=tmp_path / "run").metrics
    made = torch.load("checkpoints/last.pt", weights_only=True)
    [told] = re.findall(r"^test (.*)  of ", out, re.MULTILINE)
    views = re.findall(r"^test \((\w+)\) (.*)$", out, re.MULTILINE)
    told = "  ".join([told, *(re.sub(r"(\w+) (?=[-\d.n])", rf"{way}_\1 ", by) for way, by in views)])
    figures = dict(re.findall(r"(\w+) (-?[\d.]+|nan)", told))
    assert {f"test_{name}" for name in figures} == {name for name in metrics if name.startswith("test_")}
    loose = 1 if recipe.get("precision", "float32") == "float32" else 100
    for name, tensor in load_file("run/last.safetensors").items():
        torch.testing.assert_close(made["network"][name], tensor, rtol=1e-4 * loose, atol=1e-5 * loose)
    for name, figure in figures.items():
        wanted = metrics[f"test_{name}"]
        if f"{name} {figure}%" in told:
            assert float(figure) == pytest.approx(100 * wanted, abs=0.3 if loose == 1 else 3)
        else:
            assert float(figure) == pytest.approx(wanted, rel=1e-2, abs=2e-3)
