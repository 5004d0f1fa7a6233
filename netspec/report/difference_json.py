"""The difference of two networks as JSON."""

from __future__ import annotations

import json
from typing import Any

from netspec.differences import Difference
from netspec.differences.changes import Change
from netspec.differences.groups import Group
from netspec.report.difference import sentence
from netspec.report.records import totals_record


def difference_json(difference: Difference) -> str:
    """Everything as data: params, inputs and outputs that differ, groups of changes, totals, every tensor."""
    return json.dumps(difference_record(difference), indent=2, default=str) + "\n"


def difference_record(difference: Difference) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "before": {"name": difference.before.graph.name, "totals": totals_record(difference.before)},
        "after": {"name": difference.after.graph.name, "totals": totals_record(difference.after)},
        "same": difference.is_same,
        "params": _pairs(difference.params),
        "inputs": _pairs(difference.inputs),
        "outputs": _pairs(difference.outputs),
        "changes": [_group(each) for each in difference.groups],
        "weights": difference.weights.as_dict(),
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "text": sentence(group),
        "label": group.label,
        "block": group.block,
        "counts": _pairs(group.counts),
        "params": group.params,
        "macs": group.macs,
        "members": [_change(each) for each in group.members],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "before": change.before.path if change.before else None,
        "after": change.after.path if change.after else None,
        "options": _pairs(change.options),
        "params": change.params,
        "macs": change.macs,
    }


def _pairs(pairs: Any) -> dict[str, Any]:
    return {name: _sides(*pair) for name, pair in pairs.items()}


def _sides(before: Any, after: Any) -> dict[str, Any]:
    return {"before": before, "after": after}
