"""What a server that `bench.probing` configures and those who watch it agree on."""

PROBE = "probe"
"""The job."""
JOURNAL = "PROBE_JOURNAL"
"""The setting that names the file which all processes append to."""
