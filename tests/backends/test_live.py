"""The live module behaves as one of hand-written classes does."""

from __future__ import annotations

import copy
import gc
import inspect
import io
import linecache
import multiprocessing
import pickle
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import netspec
from netspec import api
from netspec.backends.live import build
from netspec.backends.proof import Source
from netspec.diagnostics import NetspecError
from tests.backends.networks import compiled, module_of, random_state

RESIDUAL = """
params: {depth: 4, classes: 7}
input: [3, 16, 16]
blocks:
  basic:
    params: {width: int, stride: 1}
    layers:
      - residual:
          - {conv: $width, kernel: 3, stride: $stride, padding: 1, bias: false}
          - batch_norm
          - relu
        shortcut:
          - {conv: $width, kernel: 1, stride: $stride, when: $(stride != 1), name: downsample}
      - relu
layers:
  - {conv: 8, kernel: 3, padding: 1, name: stem}
  - {basic: 8, repeat: $depth, name: stage1}
  - {basic: 8, stride: 2, name: down}
  - {basic: 8, repeat: $depth, name: stage2}
  - global_avg_pool
  - flatten
  - {linear: $classes, name: head}
"""


@pytest.fixture
def network() -> nn.Module:
    made = compiled(RESIDUAL)
    made.load_state_dict(random_state(made))
    return made.eval()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def fresh_compiler() -> Iterator[None]:
    torch.compiler.reset()
    yield
    torch.compiler.reset()


# -- torch's compilers -----------------------------------------------------------------------------


@pytest.mark.usefixtures("fresh_compiler")
def test_torch_compile_takes_the_whole_network_in_one_graph(network: nn.Module, images: torch.Tensor) -> None:
    whole = torch.compile(network, backend="aot_eager", fullgraph=True)
    with torch.no_grad():
        torch.testing.assert_close(whole(images), network(images))


@pytest.mark.usefixtures("fresh_compiler")
def test_torch_compile_compiles_a_block_once_for_all_its_instances(network: nn.Module, images: torch.Tensor) -> None:
    compilations = 0

    def counting(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> object:
        nonlocal compilations
        compilations += 1
        return graph.forward

    wanted = network(images)
    blocks = [module for module in network.modules() if type(module).__name__ == "Basic"]
    assert len(blocks) == 9
    for block in blocks:
        block.compile(backend=counting, fullgraph=True)
    got = network(images)
    torch.testing.assert_close(got, wanted)
    # One for the blocks at 16x16, one for the block with a stride, one for those at 8x8.
    assert compilations <= 3


def test_torch_export_with_any_batch(network: nn.Module, images: torch.Tensor) -> None:
    batch = torch.export.Dim("batch", min=1, max=64)
    exported = torch.export.export(network, (images,), dynamic_shapes=({0: batch},))
    more = torch.randn(5, 3, 16, 16)
    torch.testing.assert_close(exported.module()(more), network(more))
    assert set(exported.state_dict) == set(network.state_dict())


def test_fully_shard_per_block(network: nn.Module, images: torch.Tensor, tmp_path: Path) -> None:
    distributed = pytest.importorskip("torch.distributed")
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import FSDPModule, fully_shard
    from torch.distributed.tensor import DTensor

    wanted = network(images)
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/meeting", rank=0, world_size=1)
    try:
        mesh = init_device_mesh("cpu", (1,))
        for module in list(network.modules()):
            if type(module).__name__ == "Basic":
                fully_shard(module, mesh=mesh)
        fully_shard(network, mesh=mesh)
        assert sum(isinstance(module, FSDPModule) for module in network.modules()) == 10
        assert all(isinstance(parameter, DTensor) for parameter in network.parameters())
        torch.testing.assert_close(network(images), wanted)
        network(images).sum().backward()
        assert all(parameter.grad is not None for parameter in network.parameters())
    finally:
        distributed.destroy_process_group()


# -- hooks, copies, pickles ------------------------------------------------------------------------


def test_hooks_see_every_block(network: nn.Module, images: torch.Tensor) -> None:
    seen: list[str] = []
    for name, module in network.named_modules():
        if type(module).__name__ == "Basic":
            module.register_forward_hook(lambda _m, _i, output, name=name: seen.append(f"{name} {output.shape[-1]}"))
    network(images)
    assert seen == [
        *(f"stage1.{n} 16" for n in range(4)),
        "down 8",
        *(f"stage2.{n} 8" for n in range(4)),
    ]


def test_copies_and_pickles(network: nn.Module, images: torch.Tensor) -> None:
    wanted = network(images)
    twin = copy.deepcopy(network)
    assert type(twin) is type(network)
    assert torch.equal(twin(images), wanted)
    again = pickle.loads(pickle.dumps(network))
    assert torch.equal(again(images), wanted)
    assert type(again) is type(network)
    assert list(pickle.loads(pickle.dumps(network.state_dict()))) == list(network.state_dict())
    text = api.generate(api.loads(f"netspec: 1\nname: net\n{RESIDUAL}"))
    assert pickle.dumps(network).count(text.encode()) == 1  # however many classes and objects it has

    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    loaded = compiled(RESIDUAL).eval()
    loaded.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(loaded(images), wanted)


ANSWERS = """
import sys, torch
network, images, expected = torch.load(sys.argv[1], weights_only=False)
assert not network.training
torch.testing.assert_close(network(images), expected)
part, inner, expected = torch.load(sys.argv[2], weights_only=False)
torch.testing.assert_close(part(inner), expected)
torch.save(network, sys.argv[1])
"""


def test_a_pickle_is_read_in_a_process_that_never_compiled_it(
    network: nn.Module, images: torch.Tensor, tmp_path: Path
) -> None:
    inner = torch.randn(2, 8, 16, 16)
    torch.save((network, images, network(images)), tmp_path / "whole.pt")
    torch.save((network.stage1[1], inner, network.stage1[1](inner)), tmp_path / "part.pt")
    done = subprocess.run(
        [sys.executable, "-c", ANSWERS, tmp_path / "whole.pt", tmp_path / "part.pt"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    again = torch.load(tmp_path / "whole.pt", weights_only=False)
    torch.testing.assert_close(again(images), network(images))


def test_a_pickle_is_no_file_of_weights_alone(network: nn.Module) -> None:
    buffer = io.BytesIO()
    torch.save(network, buffer)
    buffer.seek(0)
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        torch.load(buffer, weights_only=True)


def test_a_spawned_process_takes_a_network(network: nn.Module, images: torch.Tensor) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        answer = pool.apply(answered, (network, images))
    torch.testing.assert_close(answer, network(images))


def answered(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    return network(images).detach()


# -- its source ------------------------------------------------------------------------------------


def test_a_traceback_shows_the_generated_line(network: nn.Module) -> None:
    with pytest.raises(RuntimeError) as caught:
        network(torch.zeros(2, 4, 16, 16))
    shown = "".join(traceback.format_exception(caught.value))
    assert "x = self.stem(x)" in shown
    assert f'File "{module_of(network).__file__}"' in shown
    linecache.checkcache()
    assert "x = self.stem(x)" in "".join(traceback.format_exception(caught.value))


def test_inspect_finds_the_source(network: nn.Module) -> None:
    assert inspect.getsource(type(network)).startswith("class Net(nn.Module):")
    assert "shortcut = self.downsample(shortcut)" in inspect.getsource(type(network.get_submodule("down")))


def test_two_compilations_share_their_classes() -> None:
    first, second = compiled(RESIDUAL), compiled(RESIDUAL)
    assert type(first) is type(second)
    assert type(compiled(RESIDUAL.replace("depth: 4", "depth: 3"))) is not type(first)


def test_a_source_is_known_by_all_that_it_is_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    from netspec.driver import generation

    monkeypatch.setattr(generation, "_known", {})
    written: list[str] = []
    source_of = generation.source_of
    monkeypatch.setattr(generation, "source_of", lambda *given: written.append(given[0].name) or source_of(*given))
    text = "{netspec: 1, name: NAME, params: {n: 1}, input: [3, 8, 8], layers: [{conv: 4, kernel: 3}, {linear: $n}]}"
    one = api.loads(text.replace("NAME", "one"))
    recipe = api.loads(text.replace("NAME", "one"), recipe="cifar")
    first = api.compile(one)
    assert type(api.compile(recipe)) is type(first)
    assert len(written) == 1
    for other in (one.changed({"n": 2}), api.loads(text.replace("NAME", "two"))):
        assert type(api.compile(other)) is not type(first)
    assert type(api.compile(one, inputs={"input": (3, 9, 9)})) is not type(first)
    assert len(written) == 4
    monkeypatch.setattr(generation, "_MOST", 4)
    api.compile(one)  # which is the latest now
    api.compile(one.changed({"n": 3}))  # so that the one of two is forgotten
    assert len(generation._known) == 4
    api.compile(one)
    api.compile(one.changed({"n": 2}))
    assert len(written) == 6


def test_threads_get_the_same_classes() -> None:
    text = Source(api.generate(api.loads(f"netspec: 1\nname: net\n{RESIDUAL}# in threads")) + "\n# in threads\n")
    found: list[type] = []
    start = threading.Barrier(8)

    def make() -> None:
        start.wait()
        found.append(type(build(text, "Net", "meta")))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_source_that_fails_leaves_nothing_behind() -> None:
    before = set(sys.modules)
    for _ in range(2):
        with pytest.raises(NetspecError, match="NS0906"):
            build(Source("1 / 0\n"), "Net")
    assert set(sys.modules) == before


def test_a_text_that_is_not_proven_is_not_compiled() -> None:
    text: Any = "raise AssertionError\n"
    with pytest.raises(TypeError, match="proven"):
        build(text, "Net")


def test_a_network_is_freed(network: nn.Module) -> None:
    import weakref

    watched = weakref.ref(compiled(RESIDUAL))
    gc.collect()
    assert watched() is None


# -- devices and parameters ------------------------------------------------------------------------


def test_devices() -> None:
    text = f"netspec: 1\nname: net\n{RESIDUAL}"
    spec = api.loads(text)

    def devices(made: nn.Module) -> set[str]:
        return {tensor.device.type for tensor in made.state_dict().values()}

    assert devices(netspec.compile(spec)) == {"cpu"}
    assert devices(netspec.compile(spec, device="meta")) == {"meta"}
    assert devices(netspec.compile(spec, device=torch.device("meta"))) == {"meta"}
    with torch.device("meta"):
        assert devices(netspec.compile(spec)) == {"meta"}
        assert devices(netspec.compile(spec, device="cpu")) == {"cpu"}
    torch.set_default_device("meta")
    try:
        assert devices(netspec.compile(spec)) == {"meta"}
    finally:
        torch.set_default_device(None)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_cuda() -> None:
    made = compiled(RESIDUAL)
    on_gpu = netspec.compile(api.loads(f"netspec: 1\nname: net\n{RESIDUAL}"), device="cuda")
    assert {tensor.device.type for tensor in on_gpu.state_dict().values()} == {"cuda"}
    on_gpu.load_state_dict(made.state_dict())
    images = torch.randn(2, 3, 16, 16)
    torch.testing.assert_close(on_gpu.eval()(images.cuda()).cpu(), made.eval()(images), rtol=1e-2, atol=1e-2)


def test_params_are_set_by_keyword() -> None:
    ten = netspec.compile("resnet50", device="meta", classes=10)
    assert ten.get_parameter("fc.weight").shape == (10, 2048)
    spec = netspec.load("resnet18", classes=3)
    assert netspec.compile(spec, "meta").get_parameter("fc.bias").shape == (3,)


def test_the_class_takes_the_params() -> None:
    made = compiled(RESIDUAL)
    other = type(made)(depth=2, classes=3)
    assert len(other.stage1) == 2
    assert other(torch.zeros(2, 3, 16, 16)).shape == (2, 3)
    spec = api.loads(f"netspec: 1\nname: net\n{RESIDUAL}", {"depth": 2, "classes": 3})
    assert {k: v.shape for k, v in api.compile(spec).state_dict().items()} == {
        k: v.shape for k, v in other.state_dict().items()
    }
