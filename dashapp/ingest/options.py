"""What all importers take as options."""

from pydantic import TypeAdapter, ValidationError

from dashapp.domain.messages import Key
from dashapp.store.reads import DEMO


class NotUsable(ValueError):
    """An option that says what cannot be."""


def origin_name(name: str) -> str:
    """The name under which files are kept, or why it cannot be."""
    if name == DEMO:
        raise NotUsable(f"--origin {name}: is the name of the data of our own making")
    try:
        return TypeAdapter(Key).validate_python(name)
    except ValidationError:
        raise NotUsable("--origin: is not a printable name of 1 to 200 characters") from None
