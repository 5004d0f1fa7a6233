"""Shards that are read one after the other, their images mixed by a buffer."""

from __future__ import annotations

import os
import re
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from netspec import api
from netspec.companions import write_files
from netspec.diagnostics import NetspecError
from netspec.driver.recipes import recipe_of
from netspec.functional.data import shard_order as order_file
from netspec.functional.data.shard_order import shard_order
from netspec.training.feeding.orders import Orders
from netspec.training.feeding.samples import prepare
from netspec.training.feeding.step_examples import Feed
from netspec.training.parallel.world import Share
from netspec.training.resuming import resume_spec
from netspec.training.spec import train_spec
from tests.recipe.data.test_webdataset import members, shard
from tests.training.test_resume import Signals

SHARDS = torch.arange(12).repeat_interleave(30)
N = len(SHARDS)

SPEC = """
netspec: 1
name: net
input: [3, 12, 10]
layers: [flatten, {linear: 2}]
train:
  data: {webdataset: shards, in_memory: false, workers: 0, shuffle_buffer: 6, batch_size: 4, test: 0}
  loss: cross_entropy
  optimizer: {sgd: 0.1}
  augment: [flip]
  epochs: 2
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three shards of eight images."""
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        shard(tmp_path / f"shards/train-{number}.tar", members([0, 1] * 4, 8 * number))
    return tmp_path


@pytest.mark.parametrize("buffer", [1, 7, 100, N, 5 * N])
def test_each_image_comes_once_and_no_sooner_than_the_buffer_reaches(buffer: int) -> None:
    order = shard_order(SHARDS, buffer, 3, 2)
    for rows in (order.read, order.rows):
        assert sorted(rows.tolist()) == list(range(N))
    place = torch.empty(N, dtype=torch.int64)
    place[order.read] = torch.arange(N)
    assert bool((place[order.rows] < torch.arange(N) + buffer).all())
    for position in (0, 1, 200, N):
        entered, left = set(order.read[: position + buffer].tolist()), set(order.rows[:position].tolist())
        assert set(order.held(position).tolist()) == entered - left
    entering = torch.cat([order.held(0), *(order.entering(at, at + 9) for at in range(0, N, 9))])
    assert torch.equal(entering, order.read)


def test_shards_are_read_whole_and_in_an_order_of_their_own_in_each_epoch() -> None:
    first, second = (shard_order(SHARDS, 20, 0, epoch) for epoch in (0, 1))
    for order in (first, second):
        shards = SHARDS[order.read].view(12, 30)
        assert bool((shards == shards[:, :1]).all())
    assert not torch.equal(first.read, second.read)
    again = shard_order(SHARDS, 20, 0, 1)
    assert torch.equal(again.rows, second.rows)
    assert torch.equal(shard_order(SHARDS, 1, 0, 0).rows, first.read)


def test_every_image_of_the_buffer_is_as_likely_as_another() -> None:
    """The first one that leaves a buffer of 4: each of four images in 4,000 epochs, within five deviations."""
    shards = torch.zeros(8, dtype=torch.int64)
    first = torch.tensor([int(shard_order(shards, 4, 0, epoch).rows[0]) for epoch in range(4000)])
    assert bool(((first.bincount(minlength=8)[:4] - 1000).abs() < 5 * (4000 * 3 / 16) ** 0.5).all())
    assert not first.bincount(minlength=8)[4:].any()


def inputs(rank: int, processes: int, position: int = 0) -> list[Tensor]:
    """What a process is given of an epoch from a step on."""
    recipe = recipe_of(api.loads(SPEC))
    samples = prepare(recipe.data, torch.device("cpu"), recipe.augment)
    return [given for given, _ in Feed(recipe, samples, Share(rank, processes)).batches(1, position)]


def test_processes_share_the_order_of_one_and_a_step_is_the_same_wherever_it_begins(folder: Path) -> None:
    whole, parts = inputs(0, 1), [inputs(rank, 2) for rank in range(2)]
    assert len(whole) == 6
    for step, given in enumerate(whole):
        assert torch.equal(given[0::2], parts[0][step])
        assert torch.equal(given[1::2], parts[1][step])
    assert all(map(torch.equal, inputs(0, 1, 4), whole[4:]))


def test_a_run_is_resumed_to_the_bit_and_a_script_sees_the_same_order(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = api.loads(SPEC)
    train_spec(spec, device="cpu", out=folder / "whole")
    with monkeypatch.context() as patched:
        assert train_spec(spec, device="cpu", out=folder / "cut", display=Signals(patched, 8)).state == "interrupted"
    resume_spec(folder / "cut", device="cpu")
    wanted = load_file(folder / "whole/last.safetensors")
    assert all(torch.equal(each, wanted[name]) for name, each in load_file(folder / "cut/last.safetensors").items())

    write_files(spec, folder / "net.py", train=True)
    monkeypatch.syspath_prepend(folder)
    sys.modules.pop("net", None)
    for more in ((), ("--out", "parts", "--epochs", "1"), ("--out", "parts", "--resume")):
        monkeypatch.setattr(sys, "argv", ["train_net.py", "--device", "cpu", *more])
        runpy.run_path(str(folder / "train_net.py"), run_name="__main__")
    for place in ("checkpoints", "parts"):
        made = torch.load(folder / place / "last.pt", weights_only=True)["network"]
        for name, tensor in made.items():
            torch.testing.assert_close(tensor, wanted[name], rtol=1e-4, atol=1e-6)


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="this system is not told what will be read")
def test_the_system_is_told_of_an_image_before_it_is_read_and_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int, int]] = []

    def noted(file: int, at: int, size: int, advice: int) -> None:
        assert advice == os.POSIX_FADV_WILLNEED
        told.append((str(Path(f"/proc/self/fd/{file}").readlink()), at, size))

    monkeypatch.setattr(os, "posix_fadvise", noted)
    monkeypatch.setattr(order_file, "_PIECE", 256)  # so that images do not lie close together
    recipe = recipe_of(api.loads(SPEC))
    samples = prepare(recipe.data, torch.device("cpu"), recipe.augment)
    train: Any = samples.train
    shards, sizes = train.reader.files.source.shards, []
    rows = Orders(recipe.data, samples.train, recipe.seed).of(0).tolist()
    for step, _ in enumerate(Feed(recipe, samples, Share()).batches(0, 0)):
        sizes.append(sum(size for *_, size in told))
        for row in rows[4 * step : 4 * step + 4]:
            file = str(shards.files[shards.shards[row]].resolve())
            assert (file, shards.starts[row], min(256, shards.sizes[row])) in told
    read = shard_order(torch.tensor(shards.shards), 6, recipe.seed, 0).read.tolist()
    assert sizes[0] == sum(shards.sizes[row] for row in read[: 6 + 4])
    assert sizes[-1] == sum(shards.sizes)
    assert len(set(told)) == len(told)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("shuffle_buffer: 9", "in_memory: false"),
        ("shuffle_buffer: 9, in_memory: false, sampler: balanced", "exclude each other"),
        ("shuffle_buffer: 0, in_memory: false", "shuffle_buffer"),
    ],
)
def test_what_does_not_go_with_a_buffer_is_refused(options: str, told: str) -> None:
    text = SPEC.replace("in_memory: false, workers: 0, shuffle_buffer: 6", options)
    with pytest.raises(NetspecError, match=re.escape(told)):
        recipe_of(api.loads(text))


def test_a_shard_that_is_gone_is_told_of_when_its_images_are_read(folder: Path) -> None:
    recipe = recipe_of(api.loads(SPEC))
    samples = prepare(recipe.data, torch.device("cpu"), recipe.augment)
    (folder / "shards/train-1.tar").unlink()
    with pytest.raises(Exception, match=r"train-1\.tar: 0000\d\d\.png"):
        list(Feed(recipe, samples, Share()).batches(0, 0))
