"""Benchmarks: what the product takes, against the same job done barely, in one run on one machine."""
