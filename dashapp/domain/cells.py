"""Text in the cells of files that a spreadsheet may open."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")
"""How a cell begins that a spreadsheet would run (OWASP ASVS 5.0, 1.2.10)."""


def text_cell(text: str) -> str:
    """Text from outside as a spreadsheet may see it: what would be run as a formula gets a leading apostrophe."""
    return f"'{text}" if text.startswith(FORMULA) else text
