"""How well attacks are found in simulated counts, and how far p-values can be trusted: `python -m bench.detection`."""
