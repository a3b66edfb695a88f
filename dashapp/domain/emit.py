"""What a moderation pipeline calls wherever it saves a report or a decision: events as lines of JSON, through logging.

The logger is called `moderation`; where its lines go is up to the pipeline. It needs nothing of Watchfloor but this
package.
"""

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import uuid4

from dashapp.domain.events import Flag, FlagDecided, ModerationDecision, ModerationReport
from dashapp.domain.vocabulary import Event

LOGGER = "moderation"


def emit(message: ModerationReport | ModerationDecision | Flag | FlagDecided) -> None:
    """Log an event, with an id and the present time where it has none: so it may be sent again, and late."""
    stamps = {"id": uuid4().hex, "at": datetime.now(UTC).isoformat()}
    said = message.model_dump(mode="json", exclude_defaults=True)
    logging.getLogger(LOGGER).info("%s", json.dumps({"message_type": message.message_type, **stamps, **said}))


def decided(decision: ModerationDecision, reports: Iterable[ModerationReport] = ()) -> None:
    """Log a decision, once whatever it affects, and that each of the reports that it closes was reviewed."""
    emit(decision)
    for report in reports:
        closing = {"event": Event.REVIEWED, "decision_action": decision.action, "decision_id": decision.decision_id}
        said = report.model_dump(exclude={"id"}, exclude_none=True)
        emit(ModerationReport.model_validate({**said, "at": decision.at, **closing}))
