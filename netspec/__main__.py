"""The command line as a process: ``netspec`` and ``python -m netspec``."""

import gc
import sys

from netspec.frontend.pause import collection_paused


def main() -> None:
    """Run the command of ``sys.argv`` and leave the process with its exit code."""
    with collection_paused():  # modules and classes stay: there is nothing to collect
        from netspec.cli import run
    code = run()
    if "torch" not in sys.modules:  # whose finalizers have to run
        gc.freeze()  # the process ends: nothing that is left need be searched for circles
    sys.exit(code)


if __name__ == "__main__":
    main()
