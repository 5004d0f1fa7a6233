"""Networks are trained without the charts of their runs."""

from tests.charts import charts  # noqa: F401
