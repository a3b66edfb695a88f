"""Where a figure starts to worry."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Threshold:
    """Where a value starts to worry. One object feeds line, badge, alert and summary."""

    warn: float
    alert: float
    baseline: float | None = None

    @property
    def side(self) -> str:
        """The word for the side of a threshold that worries."""
        return "above" if self.alert >= self.warn else "below"

    def state(self, value: float | None) -> str:
        """The word ok, warn or alert; none for no value. Falling is bad where alert is below warn."""
        if value is None:
            return "none"
        sign = 1 if self.alert >= self.warn else -1
        if sign * value >= sign * self.alert:
            return "alert"
        return "warn" if sign * value >= sign * self.warn else "ok"
