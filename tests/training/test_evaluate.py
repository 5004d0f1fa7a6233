"""Judging by several processes at once: each counts its share, and all know the whole."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from netspec.recipe.objective import objective_of
from netspec.recipe.tasks import TaskFacts
from netspec.training.feeding.batches import InMemory
from netspec.training.feeding.inputs import Inputs
from netspec.training.judging.evaluate import score
from tests.training.networks import digits_net, recipe

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


def worker():
    """What one of several processes finds, as JSON."""
    torch.distributed.init_process_group("gloo")
    found = judged()
    print(json.dumps([found.figures, found.confusion.tolist()]))
    torch.distributed.destroy_process_group()


def test_two_processes_count_what_one_does():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    given = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}
    code = "from tests.training.test_evaluate import worker; worker()"
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code], env={**given, "RANK": str(rank)}, stdout=subprocess.PIPE, cwd=root
        )
        for rank in range(2)
    ]
    told = [json.loads(process.communicate(timeout=120)[0].splitlines()[-1]) for process in processes]
    alone = judged()
    assert told[0] == told[1]
    figures, confusion = told[0]
    assert confusion == alone.confusion.tolist()
    assert figures.keys() == alone.figures.keys()
    for name, value in alone.figures.items():
        assert figures[name] == pytest.approx(value, rel=1e-5), name
