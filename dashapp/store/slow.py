"""What a read ends with that takes too long."""


class TooSlow(Exception):
    """A read was stopped because it took longer than a reader may."""
