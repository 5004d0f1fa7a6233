"""What holds for every test."""

import os

# Tests run side by side, one to a core: a second thread would wait for a core that another test has. Set before
# torch is imported, and for the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")
