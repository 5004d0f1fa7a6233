"""Optimizers of torch that leave its compiler alone. Imports torch in functions alone.

Methods of torch's optimizers are wrapped so that a compiler keeps out of them, and the wrappers import it: on a machine
where nothing is compiled that takes as long as importing torch itself does. Steps of netspec compile the network alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

_WRAPPED = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
"""Methods that do what they did without their wrappers; `step` needs gradients switched off instead."""


@cache
def uncompiled(kind: Callable[..., Any]) -> Callable[..., Any]:
    """A class of torch's own optimizers, as it is but for the wrappers of its methods; any other is given back."""
    import torch

    if not isinstance(kind, type) or not kind.__module__.startswith("torch.optim."):
        return kind
    methods: dict[str, Any] = {name: inspect.unwrap(getattr(kind, name)) for name in _WRAPPED}
    methods["step"] = torch.no_grad()(inspect.unwrap(inspect.getattr_static(kind, "step")))
    return type(kind.__name__, (kind,), {"__module__": kind.__module__, "__doc__": kind.__doc__, **methods})
