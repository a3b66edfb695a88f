"""The study: EARS tuned on training simulations, then the default, EARS and the oracle on simulations held out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.detection import rivals, scoring
from bench.detection.contamination import Contaminated, contaminated
from bench.detection.families import FAMILIES, Family, Mask, Numbers
from bench.detection.rivals import Ears, Method, scored
from bench.detection.scoring import Interval
from bench.detection.simulate import Purpose, Simulations, simulations

DEFAULT, TUNED, OWN, STOCK, ORACLE = "default", "EARS tuned", "EARS tuned to the family", "EARS C2 28 days", "oracle"
NOMINAL = (0.005, 0.001)
MOST_BEHIND = -0.02
"""What the lower bound of the default's recall minus that of tuned EARS must exceed in every family."""
ORACLE_SHARE = 0.8
CALIBRATED = 2.0
"""The most that a realised rate of false alarms may be of the nominal one, or the nominal of it."""


@dataclass(frozen=True)
class Size:
    """How many simulations of each family serve what."""

    training: int = 100
    held_out: int = 400
    calibration: int = 400
    contamination: int = 100


@dataclass(frozen=True)
class Outcome:
    """A method on the held-out simulations of a family."""

    recall: float
    """At the threshold from training."""
    realised: float
    """False alarms of clean cells at that threshold."""
    equal: float
    """Recall where exactly 0.3 % of the held-out clean cells are false alarms."""


@dataclass(frozen=True)
class Compared:
    """All methods on one family, and the default's leads: at equal realised rates, and at thresholds from training."""

    family: Family
    attacks: int
    outcomes: Mapping[str, Outcome]
    lead: Interval
    lead_by_training: Interval
    lead_on_own: Interval
    by_strength: Mapping[str, Mapping[str, float]]
    """Recall at equal realised rates by kind or strength of attack and method."""


@dataclass(frozen=True)
class Calibration:
    """Realised false alarms at each nominal rate, by method, on some cells of clean simulations of a family."""

    told: str
    """Which cells."""
    marked: bool
    """Whether the mark is set for them."""
    cells: int
    realised: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Study:
    """Everything that the page tells."""

    size: Size
    tuned: Ears
    own: Mapping[str, Ears]
    tried: int
    compared: Sequence[Compared]
    calibrations: Sequence[Calibration]
    contaminated: Mapping[str, Contaminated]


def study(size: Size, grid: Sequence[Ears]) -> Study:
    """Tune on training simulations, then look at the others."""
    training = {family.name: simulations(family, Purpose.TRAINING, size.training) for family in FAMILIES}
    tuned, own = tune(grid, training)
    methods: dict[str, Method] = {DEFAULT: rivals.default, TUNED: tuned, STOCK: rivals.stock}
    return Study(
        size,
        tuned,
        own,
        len(grid),
        [
            compare(family, training[family.name], methods | {OWN: own[family.name]}, size.held_out)
            for family in FAMILIES
        ],
        [one for family in FAMILIES for one in calibrate(family, methods, size.calibration)],
        contaminated(methods, size.contamination),
    )


def tune(grid: Sequence[Ears], training: Mapping[str, Simulations]) -> tuple[Ears, dict[str, Ears]]:
    """The form of EARS with the best recall on average over the families, and the best for each family."""
    recalls = np.array([[_trained(method, one) for one in training.values()] for method in grid])
    best = recalls.argmax(axis=0)
    own = {name: grid[int(place)] for name, place in zip(training, best, strict=True)}
    return grid[int(recalls.mean(axis=1).argmax())], own


def _trained(method: Method, training: Simulations) -> float:
    """Recall on training simulations at the threshold that they set."""
    scores = scored(method, training.rows)
    return scoring.recall(scoring.found(scores, training, scoring.threshold(scores, training)))


def compare(family: Family, training: Simulations, methods: Mapping[str, Method], number: int) -> Compared:
    """The methods, with thresholds from training, on simulations held out; and the oracle."""
    held = simulations(family, Purpose.HELD_OUT, number)
    above = {name: scoring.threshold(scored(method, training.rows), training) for name, method in methods.items()}
    above[ORACLE] = scoring.threshold(rivals.oracle(training), training)
    scores = {name: scored(method, held.rows) for name, method in methods.items()} | {ORACLE: rivals.oracle(held)}
    by_training = {name: scoring.found(scores[name], held, above[name]) for name in scores}
    equal = {name: scoring.found(one, held, scoring.threshold(one, held)) for name, one in scores.items()}
    outcomes = {
        name: Outcome(
            scoring.recall(by_training[name]),
            scoring.false_alarms(scores[name], held, above[name]),
            scoring.recall(equal[name]),
        )
        for name in scores
    }
    return Compared(
        family,
        sum(map(len, held.attacks)),
        outcomes,
        scoring.difference(equal[DEFAULT], equal[TUNED]),
        scoring.difference(by_training[DEFAULT], by_training[TUNED]),
        scoring.difference(equal[DEFAULT], equal[OWN]),
        by_strength(held, equal),
    )


def by_strength(held: Simulations, equal: Mapping[str, list[NDArray[np.bool_]]]) -> dict[str, dict[str, float]]:
    """Recall by what an attack is: a spike by its strength, others by their kind."""
    labels = np.array([label(one.kind, one.strength) for attacks in held.attacks for one in attacks])
    return {
        str(one): {name: float(np.concatenate(found)[labels == one].mean()) for name, found in equal.items()}
        for one in np.unique(labels)
    }


def label(kind: str, strength: float) -> str:
    """What an attack is called in the table."""
    return f"{kind} {strength:g}x" if kind == "spike" else kind


def calibrate(family: Family, methods: Mapping[str, Method], number: int) -> list[Calibration]:
    """How often each method gives false alarms on clean simulations where its scores are taken at their word; of a
    family whose series step once without the weeks after the steps, which are not as usual, and once with them.
    """
    held = simulations(family, Purpose.CALIBRATION, number, clean=True)
    scores = {name: scored(method, held.rows) for name, method in methods.items()}

    def of(told: str, cells: Mask, *, marked: bool) -> Calibration:
        realised = {name: tuple(_realised(name, one[cells])) for name, one in scores.items()}
        return Calibration(told, marked, int(cells.sum()), realised)

    found = [of(family.name, scoring.usual(held), marked=True)]
    if held.stepped.any():
        found.append(of(f"{family.name}, weeks after a step included", scoring.clean(held), marked=False))
    return found


def _realised(name: str, scores: Numbers) -> list[float]:
    """EARS' scores are read as those of a normal distribution, as its users do."""
    from scipy.stats import norm

    cuts = [float(-np.log10(rate) if name == DEFAULT else norm.isf(rate)) for rate in NOMINAL]
    return [float((scores > cut).mean()) for cut in cuts]
