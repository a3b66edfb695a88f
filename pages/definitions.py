"""Definitions: what each number means, and how it is got."""

from dashapp.web.definitions import definitions
from dashapp.web.page import Page

PAGE = Page(
    path="/definitions",
    name="Definitions",
    group="System",
    question="What does each number mean, and how is it got?",
    body=definitions,
    bar=False,
)
