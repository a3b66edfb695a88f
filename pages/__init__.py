"""One module a page: a question and the metrics that answer it."""
