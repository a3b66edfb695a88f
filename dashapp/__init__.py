"""Watchfloor: the screen a Trust & Safety operations team keeps open all day."""

__version__ = "0.1.0"
