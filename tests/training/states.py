"""Runs in other states than they ended in."""

import json


def interrupted(folder):
    """The folder of a run, which now says that it was interrupted: there is something to resume."""
    metrics = json.loads((folder / "metrics.json").read_text())
    (folder / "metrics.json").write_text(json.dumps({**metrics, "state": "interrupted"}))
    return folder


def contents(folder):
    """The bytes of every file below a folder, and when each was last changed."""
    return {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in sorted(folder.rglob("*")) if file.is_file()}
