"""A chart that needs no browser."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Drawing:
    """A picture with what is said of it, and the rows of the table behind it, the first its head."""

    title: str
    about: str
    svg: str
    rows: Sequence[Sequence[str]]

    @property
    def address(self) -> str:
        """The picture as an address that holds it: what is in it runs no script and asks for nothing."""
        return f"data:image/svg+xml;base64,{b64encode(self.svg.encode()).decode()}"
