"""Results of the analysis as tables, JSON, CSV and Markdown. Numbers are the analysis's own; layout is done here."""
