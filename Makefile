# `make test` and `make demo` set everything up by themselves, once, in .venv.

VENV ?= .venv
# The first interpreter that is new enough.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
JOBS ?= 2
# Each process takes tests that follow one another, which share what is costly, and then of those that others have left.
PYTEST = $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

.PHONY: help setup test quick lint fuzz demo bench docs course clean

help:
	@echo "make test    lint, types and tests"
	@echo "make quick   what to run before each commit: lint, types, and the tests that take no network apart"
	@echo "make fuzz    the tests of random networks, with other examples each time"
	@echo "make demo    a LeNet from its spec to an accuracy"
	@echo "make bench   side by side with peers"
	@echo "make docs    what the documentation shows, written anew"
	@echo "make course  run the notebooks of docs/course, in an environment of their own"
	@echo "make clean   remove what the others made"

setup: $(STAMP)

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "netspec needs Python 3.11 or newer; say where: make PYTHON=/path/to/python"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev,draw,export,search,torch,train]'
	$(BIN)/python -m compileall -q netspec  # pip does so where it copies, and here it does not
	@touch $@

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict

test: lint
	$(PYTEST)

# The stages from text to source on small networks: what trains, exports or walks the whole zoo is left to `make test`.
quick: lint
	$(PYTEST) tests/test_imports.py tests/test_architecture.py tests/expr tests/files tests/program \
		tests/resolve tests/objects tests/frontend tests/diagnostics tests/lowering tests/report tests/lints tests/differences \
		tests/backends/test_golden.py tests/backends/test_proof.py --deselect tests/frontend/test_fuzz.py

# Random examples, many times as many: run before a release, or over night.
fuzz: $(STAMP)
	NETSPEC_PROFILE=fuzz NETSPEC_EXAMPLES=1000 $(PYTEST) tests/layers tests/frontend tests/random_specs tests/analysis \
		tests/autograd tests/backends/test_layers_source.py

demo: $(STAMP)
	$(BIN)/netspec summary lenet_digits
	$(BIN)/netspec build lenet_digits
	$(BIN)/netspec train lenet_digits

bench: $(STAMP)
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/train_startup.py
	$(BIN)/python benchmarks/sizes.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/draw.py
	$(BIN)/python benchmarks/step_time.py
	$(BIN)/python benchmarks/lenet_mnist.py
	$(BIN)/python benchmarks/sanity.py

docs: $(STAMP)
	NETSPEC_OVERWRITE=1 $(BIN)/python -m pytest tests/test_docs.py tests/picture/test_gallery.py

# Everything that the README of the course says to install, and nothing else; what they write goes into a folder of its own.
course:
	@test -n "$(PYTHON)" || { echo "netspec needs Python 3.11 or newer; say where: make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)-course
	$(VENV)-course/bin/python -m pip install --quiet '.[course]'
	$(VENV)-course/bin/python docs/course/run.py

clean:
	rm -rf $(VENV) $(VENV)-course build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis runs
