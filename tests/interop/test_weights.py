"""Weights from files and collections: every way in which they are read, and every way in which they do not fit."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.interop import loading, weight_files
from netspec.interop.load_report import LoadReport
from netspec.interop.matching import suggest
from netspec.report.loading import loading as document
from netspec.report.writers import written
from tests.interop.networks import compiled, same, small

RENAMED = {"stem.conv": "conv1", "stem.bn": "bn1", "blocks.0.conv": "conv2", "head": "fc"}
NAMES = "weights: {names: {paper: {stem.conv: conv1, stem.bn: bn1, blocks.$i.conv: conv$(i + 2), head: fc}}}\n"


def state(seed: int = 1) -> dict[str, torch.Tensor]:
    return dict(compiled(seed).state_dict())


def renamed(found: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The state under another author's names."""
    back = {ours: theirs for theirs, ours in RENAMED.items()}
    return {f"{back[(parts := name.rpartition('.'))[0]]}.{parts[2]}": tensor for name, tensor in found.items()}


def saved(folder: Path, content: Any, name: str = "w.pt") -> Path:
    if name.endswith(".safetensors"):
        save_file(content, folder / name)
    else:
        torch.save(content, folder / name)
    return folder / name


def loaded(path: Path | str, spec: api.Spec | None = None, **options: Any) -> tuple[nn.Module, LoadReport]:
    network = compiled(2)
    return network, api.load_weights(network, path, spec or small(), **options)


def refused(path: Path | str, spec: api.Spec | None = None, **options: Any) -> tuple[str, str, LoadReport]:
    """Code and text of the error, and its report; the network is as it was."""
    network, before = compiled(2), compiled(2)
    with pytest.raises(NetspecError) as caught:
        api.load_weights(network, path, spec or small(), **options)
    assert same(network, before)
    [found] = caught.value.diagnostics
    return found.code.number, f"{found.message} | {found.found} | {found.expected} | {found.help}", caught.value.partial


def outcomes(report: LoadReport) -> dict[str, tuple[str, str | None]]:
    return {each.name or str(each.original): (each.state, each.reason) for each in report.tensors}


@pytest.mark.parametrize("name", ["w.safetensors", "w.pt", "w.pth", "w.ckpt"])
def test_files_of_one_s_own(tmp_path: Path, name: str) -> None:
    network, report = loaded(saved(tmp_path, state(), name))
    assert same(network, compiled(1))
    assert report.complete
    assert {each.state for each in report.tensors} == {"loaded"}


def test_compile_takes_them(tmp_path: Path) -> None:
    path = saved(tmp_path, state())
    assert same(api.compile(small(), weights=path), compiled(1))
    assert same(api.compile(small(), weights=str(path), device="cpu"), compiled(1))


@pytest.mark.parametrize("holder", ["state_dict", "model", "model_state_dict"])
def test_a_checkpoint_of_a_training_script(tmp_path: Path, holder: str) -> None:
    wrapped = {f"module.{name}": tensor for name, tensor in state().items()}
    network, report = loaded(saved(tmp_path, {"epoch": 3, holder: wrapped, "optimizer": {"lr": 0.1}}))
    assert same(network, compiled(1))
    assert report.notes == (
        f"the weights are the file's entry `{holder}`; its others are left alone: `epoch`, `optimizer`",
        "the prefix `module.` was taken off every name",
    )
    told = " ".join(written(document(report), "text").split())
    assert all(note in told for note in report.notes)


def test_a_run_s_folder(tmp_path: Path) -> None:
    saved(tmp_path, state(), "last.safetensors")
    saved(tmp_path, state(5), "best.safetensors")
    network, report = loaded(tmp_path)
    assert same(network, compiled(1))
    assert "last.safetensors" in report.notes[0]


class Harmful:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def test_code_in_a_file_is_never_run(tmp_path: Path) -> None:
    path = saved(tmp_path, {"state_dict": state(), "args": Harmful(tmp_path / "ran")})
    code, text, _ = refused(path)
    assert code == "NS0902"
    assert "holds more than tensors" in text
    assert "a reference to posix.mkdir" in text or os.name != "posix"
    assert "torch.save(model.state_dict(), FILE)" in text
    assert not (tmp_path / "ran").exists()


def test_a_whole_module_is_refused(tmp_path: Path) -> None:
    code, text, _ = refused(saved(tmp_path, nn.Linear(2, 2)))
    assert (code, "holds more than tensors" in text) == ("NS0902", True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "it holds nothing"),
        ([1, 2], "an object of type list"),
        (torch.zeros(3), "an object of type Tensor"),
        ({"weight": torch.zeros(3), "epoch": 3}, "its entry `epoch` is no tensor but of type int"),
        ({"model": {}}, "it holds nothing"),
        ({"model": {"weight": [1.0]}}, "its entry `weight` is no tensor but of type list"),
        ({0: torch.zeros(3)}, "its key 0 is no name but of type int"),
    ],
)
def test_what_is_no_state_dict(tmp_path: Path, content: Any, said: str) -> None:
    code, text, _ = refused(saved(tmp_path, content))
    assert code == "NS0902"
    assert said in text


@pytest.mark.parametrize("name", ["w.safetensors", "w.pt"])
@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.97])
def test_a_file_that_broke_off(tmp_path: Path, name: str, kept: float) -> None:
    path = saved(tmp_path, state(), name)
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    assert refused(path)[0] == "NS0902"


@pytest.mark.filterwarnings("ignore")  # torch's own, of what it will drop
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda tensor: tensor.to("meta"), "`fc.weight` is on the meta device"),
        (lambda tensor: tensor.to_sparse(), "`fc.weight` is sparse"),
        (lambda tensor: torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8), "`fc.weight` is quantized"),
    ],
)
def test_tensors_without_plain_numbers(tmp_path: Path, make: Any, said: str) -> None:
    found = state()
    code, text, _ = refused(saved(tmp_path, {**found, "fc.weight": make(found["fc.weight"])}))
    assert (code, said in text) == ("NS0902", True)


def test_numbers_beyond_the_network_s_type(tmp_path: Path) -> None:
    found = state()
    found["fc.bias"] = torch.tensor([1e300, 0, 1, 2, 3], dtype=torch.float64)
    code, text, _ = refused(saved(tmp_path, found))
    assert code == "NS0604"
    assert "`fc.bias` holds numbers beyond the range of float32" in text
    found["fc.bias"] = torch.tensor([torch.inf, 0, 1, 2, torch.nan], dtype=torch.float64)
    network, _ = loaded(saved(tmp_path, found))
    assert network.get_parameter("fc.bias")[0].isinf()


def test_all_or_none_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    convert = loading._converted

    def fail(each: Any, *args: Any) -> Any:
        if each.name == "fc.bias":
            raise RuntimeError("no memory")
        return convert(each, *args)

    monkeypatch.setattr(loading, "_converted", fail)
    network = compiled(2)
    with pytest.raises(RuntimeError, match="no memory"):
        api.load_weights(network, saved(tmp_path, state()), small())
    assert same(network, compiled(2))


def test_an_empty_source_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path, state(), "last.safetensors")
    monkeypatch.chdir(tmp_path)
    code, text, _ = refused("")
    assert (code, "the source of the weights is empty" in text) == ("NS0902", True)
    assert loaded(".")[1].complete


def test_nothing_of_them_fits(tmp_path: Path) -> None:
    code, text, report = refused(saved(tmp_path, {"other.weight": torch.zeros(3)}), partial=True)
    assert (code, "none of the weights fits" in text, "`partial`" in text) == ("NS0604", True, False)
    assert not list(report.of("loaded"))


def test_a_network_without_shapes(tmp_path: Path) -> None:
    with pytest.raises(NetspecError, match="`weight` of the network has no shape yet"):
        api.load_weights(nn.LazyLinear(3), saved(tmp_path, state()))


@pytest.mark.parametrize("name", ["w.safetensors", "w.pt"])
def test_a_file_of_anything(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not weights at all")
    assert refused(tmp_path / name)[0] == "NS0902"


def test_what_is_no_file_of_weights(tmp_path: Path) -> None:
    (tmp_path / "w.h5").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    assert "`.h5` is the suffix of no file of weights" in refused(tmp_path / "w.h5")[1]
    assert "the folder holds no last.safetensors" in refused(tmp_path / "empty")[1]
    assert "there are no weights" in refused(tmp_path / "nowhere.pt")[1]
    assert "did you mean `torchvision`?" in refused("torchvison:resnet50")[1]


def test_everything_that_does_not_fit_is_listed(tmp_path: Path) -> None:
    found = state()
    found["fc.weight"] = torch.zeros(10, 6)
    found["extra.weight"] = torch.zeros(2)
    del found["conv2.bias"]
    path = saved(tmp_path, found)
    code, text, report = refused(path)
    assert code == "NS0604"
    for phrase in (
        "`conv2.bias` is missing",
        "`extra.weight` is not in the network",
        "`fc.weight` is [10, 6] and should be [5, 6]",
    ):
        assert phrase in text
        assert phrase in str(report)
    told = outcomes(report)
    assert told["conv1.weight"] == ("loaded", None)
    assert told["conv2.bias"] == ("missing", "not in the file under that name")
    assert told["extra.weight"] == ("unknown", "which the network does not have")
    assert told["fc.weight"] == ("mismatched", "is [10, 6] and should be [5, 6]")
    assert len(told) == len(state()) + 1
    assert json.loads(json.dumps(report.as_dict()))["complete"] is False


def test_a_part_of_them(tmp_path: Path) -> None:
    found = {**state(), "fc.weight": torch.zeros(10, 6), "fc.bias": torch.zeros(10)}
    network, report = loaded(saved(tmp_path, found), partial=True)
    wanted = compiled(2)
    wanted.load_state_dict({**wanted.state_dict(), **{k: v for k, v in state().items() if not k.startswith("fc")}})
    assert same(network, wanted)
    assert not report.complete
    assert [each.name for each in report.of("mismatched")] == ["fc.weight", "fc.bias"]
    lines = written(document(report), "text").splitlines()
    assert lines[0].endswith("(not all fit)")
    assert any(text.split()[:3] == ["mismatched", "fc.weight", "is"] for text in lines)


def test_what_begins_anew_is_left_alone(tmp_path: Path) -> None:
    found = {**state(), "fc.weight": torch.zeros(10, 6), "fc.bias": torch.zeros(10)}
    path = saved(tmp_path, found)
    network, report = loaded(path, fresh=["fc"])
    wanted = compiled(2)
    wanted.load_state_dict({**wanted.state_dict(), **{k: v for k, v in state().items() if not k.startswith("fc")}})
    assert same(network, wanted)
    assert report.complete
    assert [(each.name, each.original) for each in report.of("fresh")] == [("fc.weight",) * 2, ("fc.bias",) * 2]
    assert "begins anew, [5, 6]; [10, 6] in the file" in written(document(report), "text")
    assert str(report).endswith("2 fresh")
    assert report.as_dict()["complete"]
    _, text, _ = refused(path, fresh=["conv1"])  # what mismatches elsewhere is an error as ever
    assert "`fc.weight` is [10, 6] and should be [5, 6]" in text
    assert "`fresh: [fc]`" in text


def test_what_begins_anew_may_match_or_be_called_otherwise(tmp_path: Path) -> None:
    network, report = loaded(saved(tmp_path, state()), fresh=["*.bias", "fc"])
    other = compiled(2).state_dict()
    for name, tensor in network.state_dict().items():
        anew = name.endswith("bias") or name.startswith("fc")
        assert torch.equal(tensor, other[name] if anew else state()[name]), name
    assert report.complete
    found = {name: tensor for name, tensor in state().items() if not name.startswith("fc")}
    found |= {"fc.0.weight": torch.zeros(3, 3), "fc.1.weight": torch.zeros(3)}
    network, report = loaded(saved(tmp_path, found), fresh=["fc"])
    assert [each.original for each in report.of("left out")] == ["fc.0.weight", "fc.1.weight"]
    assert [each.name for each in report.of("fresh")] == ["fc.weight", "fc.bias"]
    assert report.complete


def test_a_tensor_of_two_names_begins_anew_under_both_or_not_at_all(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    network[1].weight = network[0].weight
    path = saved(tmp_path, {"0.weight": torch.ones(3, 3), "1.weight": torch.ones(3, 3)})
    report = api.load_weights(network, path, fresh=["1"])
    assert torch.equal(network[0].weight, torch.ones(3, 3))
    assert not any(report.of("fresh"))
    report = api.load_weights(network, path, fresh=["0", "1"])
    assert len(list(report.of("fresh"))) == 2


def test_compile_warns_of_what_was_not_loaded(tmp_path: Path) -> None:
    found = state()
    del found["fc.bias"]
    with pytest.warns(UserWarning, match="`fc.bias` is missing"):
        api.compile(small(), weights=saved(tmp_path, found), partial=True)
    with pytest.raises(NetspecError, match="NS0604"):
        api.compile(small(), weights=tmp_path / "w.pt")


def test_names_of_others(tmp_path: Path) -> None:
    path = saved(tmp_path, renamed(state()))
    network, report = loaded(path, small(NAMES))
    assert same(network, compiled(1))
    assert report.names == "paper"
    assert outcomes(report)["conv2.weight"] == ("loaded", "renamed from blocks.0.conv.weight")
    assert "names read by the spec's rules for `paper`" in written(document(report), "text")


def test_own_names_come_first(tmp_path: Path) -> None:
    _, report = loaded(saved(tmp_path, state()), small(NAMES))
    assert report.names is None
    assert report.complete


def test_without_rules_some_are_proposed(tmp_path: Path) -> None:
    path = saved(tmp_path, renamed(state()))
    code, text, report = refused(path)
    assert code == "NS0604"
    assert "`stem.conv: conv1`" in text
    assert report.rules == RENAMED
    rules = ", ".join(f"{theirs}: {ours}" for theirs, ours in report.rules.items())
    network, _ = loaded(path, small(f"weights: {{names: {{paper: {{{rules}}}}}}}\n"))
    assert same(network, compiled(1))


@pytest.mark.parametrize(
    ("ours", "theirs", "rules"),
    [
        ("y.0.w z.1.w", "x.0.w x.1.w", {"x.0": "y.0", "x.1": "z.1"}),
        ("y.0.w y.1.w", "x.0.w x.1.w", {"x": "y"}),
        ("a.w b.v", "c.w c.v", {"c.w": "a.w", "c.v": "b.v"}),
        ("a.b.w a.w", "b.w a.w", {"b": "a.b"}),
        ("c.b.w a.b.v", "a.b.w a.b.v", {"a.b.w": "c.b.w"}),
        ("b.w a.w", "a.w b.w", {"a": "b", "b": "a"}),
        ("a.w b.w", "*.w c.w", {}),
    ],
)
def test_proposed_rules_give_the_names(ours: str, theirs: str, rules: dict[str, str]) -> None:
    shapes = [{name: (number,) for number, name in enumerate(names.split())} for names in (ours, theirs)]
    assert suggest(*shapes) == rules


def test_rules_leave_out_clash_and_lie_idle(tmp_path: Path) -> None:
    found = {**state(), "aux.weight": torch.zeros(2), "twin.weight": torch.zeros(5, 6)}
    path = saved(tmp_path, found)
    section = "weights: {names: {paper: {aux: null, twin: %s, ghost: fc}}}\n"
    network, report = loaded(path, small(section % "null"))
    assert same(network, compiled(1))
    assert outcomes(report)["aux.weight"] == ("left out", "by a rule of the spec")
    assert report.notes == ("the spec's rule `ghost` matched nothing",)
    _, text, _ = refused(path, small(section % "fc"))
    assert "`fc.weight` is taken by `fc.weight` and by `twin.weight`" in text


def test_axes_of_size_1_and_element_types(tmp_path: Path) -> None:
    found = state()
    found["fc.weight"] = found["fc.weight"].reshape(5, 6, 1, 1)
    found["conv1.weight"] = found["conv1.weight"].half()
    network, report = loaded(saved(tmp_path, found))
    told = outcomes(report)
    assert told["fc.weight"] == ("loaded", "reshaped from [5, 6, 1, 1]")
    assert told["conv1.weight"] == ("loaded", "converted from float16 to float32")
    assert torch.equal(network.get_parameter("fc.weight"), found["fc.weight"].reshape(5, 6))
    assert torch.equal(network.get_parameter("conv1.weight"), found["conv1.weight"].float())


def test_shapes_are_not_bent_further(tmp_path: Path) -> None:
    found = state()
    found["fc.weight"] = found["fc.weight"].T.contiguous()
    found["conv2.bias"] = torch.zeros(6, dtype=torch.int64)
    _, text, _ = refused(saved(tmp_path, found))
    assert "`fc.weight` is [6, 5] and should be [5, 6]" in text
    assert "`conv2.bias` holds int64 and should hold float32" in text


def test_a_counter_that_older_files_lack(tmp_path: Path) -> None:
    found = state()
    del found["bn1.num_batches_tracked"]
    network, report = loaded(saved(tmp_path, found))
    assert report.complete
    assert outcomes(report)["bn1.num_batches_tracked"][0] == "kept"
    assert int(network.get_buffer("bn1.num_batches_tracked")) == 5
    del found["bn1.running_mean"]
    assert "`bn1.running_mean` is missing" in refused(saved(tmp_path, found))[1]


TIED = """netspec: 1
name: tied
input: {shape: [4], dtype: int64}
layers:
  - {embedding: 7, dim: 3, name: wte}
  - {linear: 7, bias: false, name: head, tie: {weight: wte.weight}}
"""


def test_shared_tensors(tmp_path: Path) -> None:
    spec = api.loads(TIED)
    weight = torch.randn(7, 3)
    network = api.compile(spec, weights=saved(tmp_path, {"wte.weight": weight, "head.weight": weight.clone()}))
    assert torch.equal(network.get_parameter("head.weight"), weight)
    assert network.get_parameter("head.weight") is network.get_parameter("wte.weight")
    for name, other in (("wte", "head"), ("head", "wte")):  # files leave one of the two out
        network = api.compile(spec)
        report = api.load_weights(network, saved(tmp_path, {f"{name}.weight": weight}), spec)
        assert outcomes(report)[f"{other}.weight"] == ("tied", f"shares its tensor with {name}.weight")
        assert torch.equal(network.get_parameter(f"{other}.weight"), weight)
    with pytest.raises(NetspecError, match="which has other values"):
        api.compile(spec, weights=saved(tmp_path, {"wte.weight": weight, "head.weight": weight + 1}))


class Enumeration:
    """Stands for torchvision's weights of a network, without a connection."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []
        self.__members__ = {"IMAGENET1K_V1": self, "DEFAULT": self}

    def get_state_dict(self, **options: Any) -> Any:
        self.asked.append(options)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def torchvision_gives(monkeypatch: pytest.MonkeyPatch) -> Any:
    models = pytest.importorskip("torchvision").models

    def gives(answer: Any) -> Enumeration:
        found = Enumeration(answer)
        monkeypatch.setattr(models, "get_model_weights", lambda name: found)
        return found

    return gives


@pytest.mark.parametrize("source", ["torchvision:resnet18", "torchvision:resnet18/IMAGENET1K_V1"])
def test_torchvision_s_weights(torchvision_gives: Any, source: str) -> None:
    kinds = torchvision_gives(state())
    network, report = loaded(source)
    assert same(network, compiled(1))
    assert report.source == source
    assert kinds.asked == [{"progress": False, "check_hash": True, "weights_only": True}]


def test_the_spec_s_own_source(torchvision_gives: Any) -> None:
    torchvision_gives(state())
    spec = small("weights: {source: torchvision:resnet18}\n")
    assert same(api.compile(spec, weights="default"), compiled(1))
    with pytest.raises(NetspecError, match="does not say where its weights are"):
        api.compile(small(), weights="default")


def test_a_download_that_fails(torchvision_gives: Any) -> None:
    torchvision_gives(OSError("<urlopen error [Errno -3] Temporary failure in name resolution>"))
    code, text, _ = refused("torchvision:resnet18")
    assert code == "NS0907"
    assert "torchvision:resnet18 cannot be fetched" in text
    assert "name resolution" in text
    assert "give the file instead" in text


def test_unknown_networks_and_weights(torchvision_gives: Any) -> None:
    torchvision_gives(state())
    assert (
        "torchvision has no network `resnet8` | None | None | did you mean `resnet18`?"
        in refused("torchvision:resnet8")[1]
    )
    assert "did you mean `IMAGENET1K_V1`?" in refused("torchvision:resnet18/IMAGENET1K_V3")[1]


def test_timm_s_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    timm = pytest.importorskip("timm")
    asked = []

    def create(name: str, **options: Any) -> nn.Module:
        asked.append((name, options))
        if name.endswith("gone"):
            raise RuntimeError("cannot reach the hub\nmore")
        return compiled(1)

    monkeypatch.setattr(timm, "create_model", create)
    network, _ = loaded("timm:resnet18.a1_in1k")
    assert same(network, compiled(1))
    assert asked == [("resnet18.a1_in1k", {"pretrained": True})]
    code, text, _ = refused("timm:resnet18.gone")
    assert (code, "RuntimeError: cannot reach the hub |" in text) == ("NS0907", True)
    assert "did you mean `resnet18`?" in refused("timm:resnet18x")[1]


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr("netspec.interop.reference.importlib.import_module", fail)
    with pytest.raises(NetspecError) as caught:
        weight_files.read_weights("timm:resnet18")
    code, text = caught.value.diagnostics[0].code.number, str(caught.value.diagnostics[0].help)
    assert (code, "pip install timm" in text) == ("NS0904", True)
    assert weight_files.HUBS == ("torchvision", "timm")
