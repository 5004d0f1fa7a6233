"""The command line as a process: ``netspec`` and ``python -m netspec``."""

import atexit
import gc
import os
import signal
import sys
import threading

BRIEF = frozenset({"summary", "explain", "sizes", "memory", "compare", "diff", "build"})
BRIEF |= {"list", "show", "layers", "schema"}
"""Commands that end before there is anything to collect: they read a spec or two, and compute nothing with torch."""


def main() -> None:
    """Run the command of ``sys.argv`` and leave the process with its exit code."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # or every package that is installed is asked for some
    gc.disable()  # modules and classes stay
    ctrl_c = signal.getsignal(signal.SIGINT)
    if ctrl_c is signal.default_int_handler:  # else it is ignored, and stays so
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is under way: the process ends, without a traceback
    from netspec.cli import run

    signal.signal(signal.SIGINT, ctrl_c)
    if not BRIEF.intersection(sys.argv[1:2]):
        gc.enable()
    code = run()
    if _meets_others():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # gloo's threads may outlast what they work on, and end the process as if it had failed
    if _is_alone():
        _leave(code)
    gc.freeze()  # no circles are sought among all that torch has brought; what has to be closed, is
    sys.exit(code)


def _leave(code: int) -> None:
    """Leave the process without taking its modules and classes apart, unless what is written finds no place."""
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):  # Python's own way out tells of it
        return
    os._exit(code)


def _is_alone() -> bool:
    """Whether nothing is left to be done: torch has finalizers that have to run, and other threads are waited for."""
    return "torch" not in sys.modules and threading.active_count() == 1


def _meets_others() -> bool:
    """Whether this process is one of several that train together on CPUs."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return False
    return bool(distributed.get_backend() == "gloo")


if __name__ == "__main__":
    main()
