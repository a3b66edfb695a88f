"""Statistics on arrays: pure."""
