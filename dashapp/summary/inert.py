"""Words as Markdown that says no more than they do: no heading, list, link, image or HTML comes of them."""

import re

SPECIAL = re.compile(r"[\\`*_\[\]<>|~&]")
"""What means something anywhere in a line."""
BEGIN = re.compile(r"[-+](?=[-\s]|$)|[=#]|\d+(?=[.)](?:\s|$))")
"""What means something at the beginning of a line: marks of lists, headings and rules."""
ADDRESS = re.compile(r"://|\bwww\.|@", re.IGNORECASE)
"""What some readers of Markdown make links of."""


def escaped(words: str) -> str:
    """The words as Markdown that reads like them."""
    text = ADDRESS.sub(_apart, SPECIAL.sub(r"\\\g<0>", words))
    return "\n".join(_begun(line.strip()) for line in text.splitlines())


def _begun(line: str) -> str:
    found = BEGIN.match(line)
    if not found:
        return line
    return f"{found[0]}\\{line[found.end() :]}" if found[0].isdigit() else f"\\{line}"


def _apart(found: re.Match[str]) -> str:
    return {":": r"\:\/\/", "@": r"\@"}.get(found[0][0], f"{found[0][:-1]}\\.")
