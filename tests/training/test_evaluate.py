"""Judging by several processes at once: each counts its share, and all know the whole."""

import pytest
import torch

from netspec.recipe.objective import objective_of
from netspec.recipe.tasks import TaskFacts
from netspec.training.feeding.batches import InMemory
from netspec.training.feeding.inputs import Inputs
from netspec.training.judging.evaluate import score
from netspec.training.parallel.world import World
from netspec.training.steps.device import take
from tests.training.networks import digits_net, recipe
from tests.training.parallel.gloo import run_together

CPU = torch.device("cpu")


def judged(examples=101):
    """The score of a fixed network on random images."""
    torch.manual_seed(0)
    module = digits_net().train()
    data = InMemory(torch.rand(examples, 1, 8, 8), torch.randint(10, (examples,)))
    objective = objective_of(recipe(metrics=["f1", "calibration_error", "auroc"]), TaskFacts((1, 8, 8), (10,), 10))
    found = score(module, objective, data, Inputs(None, (0, 0), (0.5,), (0.25,)), CPU)
    assert module.training
    return found


def test_a_figure_of_too_many_scores_is_said_to_be_approximate(monkeypatch):
    assert not judged().remarks()
    monkeypatch.setattr("netspec.functional.ranking.MOST_KEPT", 1009)
    assert [text.split(":")[0] for text in judged().remarks()] == ["auroc is approximate"]


def worker(examples):
    """What one of several processes finds."""
    take("cpu", World(2))
    found = judged(examples)
    return found.figures, found.confusion


def test_two_processes_count_what_one_does(warm, tmp_path):
    one, other = run_together(warm, 2, "tests.training.test_evaluate.worker", 101, tmp_path)
    alone = judged()
    for figures, confusion in (one, other):
        assert torch.equal(confusion, alone.confusion)
        assert figures == pytest.approx(alone.figures, rel=1e-5)
    assert one[0] == other[0]
