"""Two gloo processes train by any recipe as one does, in copies and in pieces: losses, weights, and what is logged."""

import numpy as np
import pytest
import torch

from netspec.training.parallel.world import ALONE
from tests.training.parallel import recipes
from tests.training.parallel.gloo import run_together


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the data that the recipes name."""
    pytest.importorskip("tensorboard")
    folder = tmp_path_factory.mktemp("recipes")
    random = np.random.default_rng(0)
    digit = random.integers(0, 10, 41)
    odd = (digit % 2)[:, None].astype(np.float32)
    images = random.normal(size=(41, 8, 8)).astype(np.float32)
    np.savez(folder / "heads.npz", x_train=images, digit_train=digit, odd_train=odd)
    (folder / "texts").mkdir()
    for number in range(10):
        words = random.choice(["the", "cat", "sat", "on", "a", "mat"], 15)
        (folder / "texts" / f"{number}.txt").write_text(" ".join(words))
    return folder


@pytest.fixture(scope="module")
def together(place, warm):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        first, _ = run_together(warm, 2, "tests.training.parallel.recipes.everything", place, place)
    return first


@pytest.mark.parametrize("name", recipes.SPECS)
def test_two_processes_train_by_a_recipe_as_one_does(name, place, together, monkeypatch):
    monkeypatch.chdir(place)
    alone = recipes.trained(place / f"alone-{list(recipes.SPECS).index(name)}", name, ALONE)
    assert len(alone["losses"]) >= 3
    assert bool(alone["histograms"]) == ("histograms" in recipes.SPECS[name])
    for strategy in ("ddp", "fsdp"):
        found = together[strategy, name]
        torch.testing.assert_close(found["losses"], alone["losses"], rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(found["weights"], alone["weights"], rtol=1e-4, atol=1e-5)
        assert found["histograms"] == alone["histograms"]
