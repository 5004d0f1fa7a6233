"""Runs a function in several processes that meet over gloo."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

from netspec.train.parallel.launch import _free_port

ROOT = Path(__file__).parents[3]
CALL = "import pickle, sys; f, a, out = pickle.load(open(sys.argv[1], 'rb')); pickle.dump(f(*a), open(out, 'wb'))"


def run_together(processes, function, *arguments, folder):
    """What a function of a module of the tests returns in each of so many processes, by rank."""
    port, started = str(_free_port()), []
    for rank in range(processes):
        given, out = folder / f"given-{rank}", folder / f"out-{rank}"
        given.write_bytes(pickle.dumps((function, arguments, str(out))))
        own = {"LOCAL_RANK": str(rank), "MASTER_PORT": port, "MASTER_ADDR": "127.0.0.1", "OMP_NUM_THREADS": "1"}
        own = own if processes > 1 else {"OMP_NUM_THREADS": "1"}
        path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
        environment = {**os.environ, **own, "PYTHONPATH": path}
        command = [sys.executable, "-c", CALL, str(given)]
        started.append((subprocess.Popen(command, env=environment, stderr=subprocess.PIPE), out))
    for process, _ in started:
        errors = process.communicate(timeout=120)[1]
        assert process.returncode == 0, errors.decode()
    return [pickle.loads(out.read_bytes()) for _, out in started]
