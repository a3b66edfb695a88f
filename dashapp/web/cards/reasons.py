"""Cards of what the product itself holds: where that cannot be read, they say so."""

import logging
from collections.abc import Callable
from functools import wraps

from sqlalchemy.exc import SQLAlchemyError

from dashapp.store.engine import TooSlow
from dashapp.web.cards.content import Content
from dashapp.web.page import Card
from dashapp.web.scenes import Scene

log = logging.getLogger(__name__)

Maker = Callable[[Scene], Content]


def or_reason(make: Maker) -> Callable[[Scene, Card], Content]:
    """The maker, with a message in place of a card that could not be made."""

    @wraps(make)
    def made(scene: Scene, card: Card) -> Content:
        try:
            return make(scene)
        except (SQLAlchemyError, TooSlow):
            log.exception("card %s failed", card.id)
            return Content(message=f"{card.heading} could not be read. The log says why.")

    return made
