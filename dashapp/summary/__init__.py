"""The weekly summary: facts that `measure` gives, a text in which every figure is one of them, and the job's work."""
