"""Results as documents, and writers of these: text, Markdown, HTML, LaTeX, CSV, JSON. Numbers are the results' own."""
