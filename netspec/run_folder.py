"""The files of a training run's folder."""

SPEC, METRICS = "spec.yaml", "metrics.json"
LAST, BEST = "last.safetensors", "best.safetensors"
