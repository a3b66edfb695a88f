"""What makes a file outlive a loss of power."""

import os
from pathlib import Path


def sync_names(folder: Path) -> None:
    """Have the names in a folder on the disk; those of files that were renamed are in memory until then."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
