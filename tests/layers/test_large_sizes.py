"""Every layer with options and sizes near the ends of 64 bits: its rules end after few steps, in little memory.

Run as a script, this file tries them all and prints what fails.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from netspec.layers import registry
from netspec.layers.base import Layer, Refusal
from netspec.layers.layer_formulas import LayerFormulas

LARGE = (2**31, 2**40 + 1, 2**62, 2**63 - 1)
MOST_LINES = 100_000


class TooLong(Exception):
    """A rule went through too many lines."""


def varied(value: Any) -> Iterator[Any]:
    """A value with each of its integers large."""
    if type(value) is int:
        yield from LARGE
    elif type(value) is float:
        yield 1e300
    elif isinstance(value, tuple):
        for at, each in enumerate(value):
            yield from ((*value[:at], other, *value[at + 1 :]) for other in varied(each))
        for size in LARGE if value and all(type(each) is int for each in value) else ():
            yield (size,) * len(value)


def cases(cls: type[Layer]) -> Iterator[tuple[dict[str, Any], tuple[Any, ...]]]:
    """Options and inputs of the examples, one option or one input large."""
    for example in cls.examples:
        defaults = {
            option: field.default
            for option, name in cls.option_fields().items()
            if type((field := cls.model_fields[name]).default) in (int, tuple)
        }
        for option, value in {**defaults, **example.options}.items():
            for other in varied(value):
                yield {**example.options, option: other}, example.inputs
        for option in cls.option_fields():
            for size in LARGE:
                yield {**example.options, option: size}, example.inputs
        for inputs in varied(example.inputs):
            yield example.options, inputs


def rules(layer: Layer, inputs: Any) -> None:
    """All that is asked of a layer in a check, a summary or an explanation."""
    outputs = layer.infer(inputs)
    layer.weights(inputs)
    layer.emit(inputs)
    layer.macs(inputs, outputs)
    layer.count_connections(inputs, outputs)
    list(LayerFormulas(layer, inputs))
    if inputs:
        layer.receptive_field(inputs)
        layer.why_constant(inputs)


def steps_of(cls: type[Layer], options: dict[str, Any], inputs: Any) -> int:
    """The lines that the rules of a layer go through."""
    lines = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal lines
        lines += 1
        if lines > MOST_LINES:
            raise TooLong
        return trace

    try:
        layer = cls.model_validate(options)
    except (ValidationError, Refusal):
        return 0
    sys.settrace(trace)
    try:
        rules(layer, inputs)
    except Refusal:
        pass
    finally:
        sys.settrace(None)
    return lines


def main() -> None:
    """Print what fails, and how many cases there were."""
    layers = registry()
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + 500 * 2**20,) * 2)
    failed, count = [], 0
    for op, cls in layers.items():
        for options, inputs in cases(cls):
            count += 1
            try:
                steps_of(cls, options, inputs)
            except BaseException as error:
                sys.settrace(None)
                failed.append(f"{op} {options} {inputs}: {type(error).__name__} {error}"[:300])
    print(json.dumps({"cases": count, "failed": failed}))


def test_no_rule_is_linear_in_a_size() -> None:
    root = Path(__file__).parent.parent.parent
    env = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, __file__], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["cases"] > 5_000
    assert not found["failed"]


if __name__ == "__main__":
    main()
