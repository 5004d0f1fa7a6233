"""Searches: what trials cost beside their trainings, and one of digits that is killed, gone on with, and shared.

Usage: python benchmarks/search.py [--out DIR] [--tiny N] [--digits N]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

MOST = 1.3
"""The processor time of a search of tiny networks over that of its trainings: at most so much."""

BEST, BUDGET = 0.985, 50_000
"""The validation accuracy that the best of the digits' networks is above, and the parameters that each has at most.

Nearly half of the axes' points break the budget. Draws that learn from refusals soon leave them, the more so where few
MACs are a goal, so that what is refused is a smaller share, which is told and not claimed. By accuracy alone a third of
the draws is refused: docs/search.md has that search.
"""

TINY = """
netspec: 1
name: tiny
params: {width: 16}
input: [1, 8, 8]
layers:
  - {conv: $width, kernel: 3}
  - relu
  - {max_pool: 2}
  - {conv: $width, kernel: 3}
  - relu
  - flatten
  - {linear: 10}
train:
  data: {digits: , batch_size: 16, validation: 0.2}
  loss: cross_entropy
  optimizer: {adamw: 2e-3}
  epochs: 8
"""

DIGITS = """
netspec: 1
name: digits
params: {width: 16, depth: 2}
input: [1, 8, 8]
layers:
  - repeat: $depth
    layers: [{conv: $width, kernel: 3, padding: same, bias: false}, batch_norm, relu]
  - {max_pool: 2}
  - {dropout: 0.3}
  - flatten
  - {linear: 10}
train:
  data: {digits: , batch_size: 32, validation: 0.2}
  loss: {cross_entropy: , label_smoothing: 0.1}
  optimizer: {adamw: 5e-3, weight_decay: 0.05}
  schedule: cosine
  epochs: 15
"""

RATE = ("--over", "train.optimizer.lr=1e-4..1e-1:log")

ONE_THREAD = os.environ | {"OMP_NUM_THREADS": "1"}
"""The environment of processes that share the cores: threads that wait for each other hold all up."""

TIMED = """
import json, sys, time
from netspec.training.steps.loop import Loop
advance, trained = Loop.advance, 0.0
def timed(self, *given):
    global trained
    start = time.process_time()
    try:
        advance(self, *given)
    finally:
        trained += time.process_time() - start
Loop.advance = timed
from netspec.cli import run
code = run(sys.argv[2:])
open(sys.argv[1], "w").write(json.dumps([trained, time.process_time()]))
sys.exit(code)
"""
"""A command that also tells the processor time of its training steps, and of the whole process."""


def costs(folder: Path, trials: int) -> bool:
    """Search tiny networks; whether that costs little beside their trainings."""
    (folder / "tiny.yaml").write_text(TINY)
    given = ["search", "tiny.yaml", "--over", "width=4..16", *RATE, "--maximize", "accuracy", "--trials", str(trials)]
    subprocess.run(
        [sys.executable, "-c", TIMED, "took.json", *given], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )
    trained, whole = json.loads((folder / "took.json").read_text())
    ratio: float = whole / trained
    print(
        f"{trials} trials of a tiny network: {whole:.1f} s of processor time, {trained:.1f} s of it in training steps"
    )
    print(f"  {ratio:.2f} of the trainings, at most {MOST:g}{', MISSED' if ratio > MOST else ''}")
    return ratio <= MOST


def digits(folder: Path, trials: int) -> bool:
    """Search digits in two processes, of which each is killed once; whether it finds what it is to find."""
    (folder / "digits.yaml").write_text(DIGITS)
    goals = ("--budget", f"params<={BUDGET}", "--maximize", "accuracy", "--minimize", "macs", "--trials", str(trials))
    given = ["search", "digits.yaml", "--over", "width=8..256:log", "--over", "depth=1..8", *RATE, *goals]
    command = [sys.executable, "-m", "netspec", *given, "--format", "json"]

    def begin() -> subprocess.Popen[str]:
        return subprocess.Popen(
            command, cwd=folder, env=ONE_THREAD, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    first, second = begin(), begin()
    for share in (0.1, 0.35):
        _wait(folder / "runs" / "digits-search", first, round(share * trials))
        first.send_signal(signal.SIGKILL)
        first.communicate()
        first, second = second, begin()
    found = max((json.loads(each.communicate()[0]) for each in (first, second)), key=lambda each: len(each["trials"]))
    return _told(folder, found, trials)


def _wait(folder: Path, process: subprocess.Popen[str], trials: int) -> None:
    """Wait until so many trials have begun and a process trains one of them, or is over."""
    journal = folder / "search.log"
    while process.poll() is None and not (journal.exists() and _begun(journal) >= trials and _trains(folder, process)):
        time.sleep(0.02)


def _begun(journal: Path) -> int:
    """The number of trials that a journal tells of."""
    return journal.read_text().count('"op_code":4')


def _trains(folder: Path, process: subprocess.Popen[str]) -> bool:
    """Whether a process trains a run."""
    locks = []
    for lock in folder.glob("trial-*/run.lock"):
        with contextlib.suppress(OSError):  # it has just been given back
            locks.append(lock.read_text())
    return any(f'"pid": {process.pid},' in lock for lock in locks)


def _told(home: Path, found: dict[str, Any], wanted: int) -> bool:
    """Print what a search found; whether that is enough, and no trial is lost."""
    import optuna
    from optuna.storages.journal import JournalFileBackend

    folder, trials = home / found["folder"], found["trials"]
    trained = [trial for trial in trials if trial["state"] == "trained"]
    refused = [trial for trial in trials if trial["state"] == "refused"]
    best = max(trained, key=lambda trial: trial["figures"][0])
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    backend = JournalFileBackend(str(folder / "search.log"))
    kept = optuna.load_study(study_name="digits", storage=optuna.storages.JournalStorage(backend)).trials
    killed = {each.number for each in kept if each.user_attrs.get("killed")}
    anew = {each.user_attrs["again"] for each in kept if "again" in each.user_attrs}
    share = len(refused) / len(trials)
    print(f"digits: {len(trials)} trials, {len(refused)} ({share:.0%}) refused untrained, {len(killed)} tried anew")
    print(f"  best: {best['figures'][0]:.2%} by trial {best['number']}, {best['point']}; params {best['params']:,}")
    print(f"  front: trials {', '.join(map(str, found['best']))}, drawn in {folder / 'front.png'}")
    claims = {
        f"{wanted} of them are within the budget": len(trials) - len(refused) >= wanted,
        f"the best is above {BEST:.1%}": best["figures"][0] > BEST,
        "what is refused breaks the budget, what is trained keeps it": bool(refused)
        and all(trial["code"] == "NS0905" for trial in refused)
        and all(trial["params"] <= BUDGET for trial in trained),
        "two trials were killed": len(killed) == 2,
        "killed trials were tried anew": killed == anew,
        "every trial has its end": {each.number for each in kept} == killed | {trial["number"] for trial in trials},
        "every trained trial is a run that is done": all(_is_done(home, trial) for trial in trained),
        "the front is drawn": (folder / "front.png").exists(),
    }
    for claim, holds in claims.items():
        print(f"  {claim}{'' if holds else ': MISSED'}")
    return all(claims.values())


def _is_done(home: Path, trial: dict[str, Any]) -> bool:
    """Whether a trial's run is finished, and its figure that of its best epoch."""
    metrics = json.loads((home / trial["runs"][0] / "metrics.json").read_text())
    best = metrics["epochs"][metrics["best"]["epoch"] - 1]
    return bool(metrics["state"] == "done" and best["validation_accuracy"] == trial["figures"][0])


def main(folder: Path, tiny: int, large: int) -> int:
    """Run both, and print what they show; 1 where one misses it."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = [costs(folder, tiny), digits(folder, large)]
    return int(not all(shown))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, metavar="DIR", help="a new folder for the searches, which are kept there")
    parser.add_argument("--tiny", type=int, default=100, help="trials of tiny networks")
    parser.add_argument("--digits", type=int, default=40, help="trials of networks of digits")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        sys.exit(main(given.out or Path(aside), given.tiny, given.digits))
