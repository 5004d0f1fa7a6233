"""Runs a function in several processes that meet over gloo."""

import socket
import subprocess

import torch

CALL = """\
import importlib, os, sys, torch
name, given, out = sys.argv[1:]
module, _, function = name.rpartition(".")
given = torch.load(given, weights_only=False)
torch.save(getattr(importlib.import_module(module), function)(given), out)
os._exit(0)  # a thread of gloo may need Python when it has ended
"""


def run_together(warm, processes, function, given, folder):
    """What a function of a module of the tests, by its dotted name, returns in each of so many processes, by rank."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        shared = {"MASTER_PORT": str(free.getsockname()[1]), "MASTER_ADDR": "127.0.0.1"}
    torch.save(given, folder / "given")
    started = []
    for rank in range(processes):
        environment = {**warm.environment, **shared, "LOCAL_RANK": str(rank)}
        command = [warm.python, "-c", CALL, function, str(folder / "given"), str(folder / f"out-{rank}")]
        started.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE))
    for process in started:
        errors = process.communicate(timeout=300)[1]
        assert process.returncode == 0, errors.decode()
    return [torch.load(folder / f"out-{rank}") for rank in range(processes)]
