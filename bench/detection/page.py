"""The tables of docs/detection.md."""

from collections import Counter
from collections.abc import Iterator, Sequence

from bench.detection.contamination import Contaminated
from bench.detection.real import Platform, TsOps
from bench.detection.rivals import Ears
from bench.detection.scoring import SETTLING, Interval
from bench.detection.study import (
    CALIBRATED,
    DEFAULT,
    MOST_BEHIND,
    NOMINAL,
    ORACLE,
    ORACLE_SHARE,
    OWN,
    STOCK,
    TUNED,
    Compared,
    Study,
)
from bench.detection.told import Told
from dashapp.domain.vocabulary import IncidentKind

TOLD = (IncidentKind.SPIKE, IncidentKind.RAMP, IncidentKind.DROP)
"""The kinds that counts alone can have."""
METHODS = (DEFAULT, TUNED, OWN, STOCK, ORACLE)
NAMED_BEFORE = Contaminated(0.80, 0.81, (0.98, 0.95, 0.95), (0.90, 0.81, 0.77))
"""The row of the model's first study, on other simulations, that the default is to reach."""


def lines(found: Study) -> Iterator[str]:
    """All tables of simulations, in Markdown."""
    yield from _effort(found)
    yield from _recall(found.compared)
    yield from _leads(found.compared)
    yield from _strengths(found.compared)
    yield from _calibration(found)
    yield from _contamination(found)


def _effort(found: Study) -> Iterator[str]:
    size = found.size
    yield (
        f"{size.training} simulations of each family for training, {size.held_out} held out, {size.calibration} clean "
        f"ones for calibration, {size.contamination} for contamination. Of {found.tried} forms of EARS the best on "
        f"training, on average over the families, is: {told(found.tuned)}."
    )
    yield ""
    yield "| family | the best form of EARS for it |"
    yield "|---|---|"
    yield from (f"| {name} | {told(one)} |" for name, one in found.own.items())


def told(one: Ears) -> str:
    """A form of EARS in words."""
    weekdays = {"none": "no weekdays", "ratio": "weekdays by ratio of means", "median": "weekdays by ratio of medians"}
    dropped = "keeps own alarms" if one.drop is None else f"drops own alarms above {one.drop:g}"
    least = "deviation at least 1" if one.least == "one" else "deviation at least the root of the mean"
    return f"{one.window} days, guard {one.guard}, {weekdays[one.weekday]}, {dropped}, {least}"


def _recall(compared: Sequence[Compared]) -> Iterator[str]:
    yield from _heading("Recall at 0.3 % false alarms")
    yield (
        "The share of attacks with an alarm, at the threshold that leaves exactly 0.3 % of the held-out clean cells as "
        "false alarms. In brackets: recall and realised rate of false alarms at the threshold from training."
    )
    yield ""
    yield f"| family | attacks | {' | '.join(METHODS)} |"
    yield f"|---|---|{'---|' * len(METHODS)}"
    for one in compared:
        cells = [one.outcomes[name] for name in METHODS]
        told_cells = " | ".join(f"{it.equal:.3f} ({it.recall:.3f}, {it.realised:.2%})" for it in cells)
        yield f"| {one.family.name} | {one.attacks} | {told_cells} |"


def _leads(compared: Sequence[Compared]) -> Iterator[str]:
    yield from _heading("The default's lead in recall")
    yield (
        f"With the interval that holds 95 % of 2,000 bootstrap draws of simulations. Marks, on the lead on tuned EARS "
        f"at equal realised rates: lower bound above {MOST_BEHIND} in every family, above 0 in at least half; in the "
        f"log-linear family at least {ORACLE_SHARE} of the oracle's recall."
    )
    yield ""
    yield "| family | on tuned EARS | on EARS tuned to the family | on tuned EARS, training thresholds | of oracle |"
    yield "|---|---|---|---|---|"
    for one in compared:
        share = one.outcomes[DEFAULT].equal / one.outcomes[ORACLE].equal
        leads = " | ".join(interval(it) for it in (one.lead, one.lead_on_own, one.lead_by_training))
        yield f"| {one.family.name} | {leads} | {share:.2f} |"
    yield ""
    behind = [one.family.name for one in compared if one.lead.low <= MOST_BEHIND]
    ahead = sum(one.lead.low > 0 for one in compared)
    share = compared[0].outcomes[DEFAULT].equal / compared[0].outcomes[ORACLE].equal
    missed = f"missed in {', '.join(behind)}" if behind else "met"
    yield f"- Lower bound above {MOST_BEHIND} in every family: {missed}."
    yield f"- Above 0 in at least half: {_met(2 * ahead >= len(compared))} ({ahead} of {len(compared)})."
    yield f"- At least {ORACLE_SHARE} of the oracle's recall, log-linear: {_met(share >= ORACLE_SHARE)} ({share:.2f})."


def interval(one: Interval) -> str:
    """A lead with its bounds."""
    return f"{one.value:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"


def _strengths(compared: Sequence[Compared]) -> Iterator[str]:
    yield from _heading("Recall by kind of attack")
    for title, chosen in (("The five families with usual attacks", compared[:-1]), ("Campaigns", compared[-1:])):
        kinds = sorted({kind for one in chosen for kind in one.by_strength})
        names = (DEFAULT, TUNED, STOCK, ORACLE)
        yield f"| {title} | {' | '.join(names)} |"
        yield f"|---|{'---|' * len(names)}"
        for kind in kinds:
            means = [sum(one.by_strength[kind][name] for one in chosen) / len(chosen) for name in names]
            yield f"| {kind} | {' | '.join(f'{mean:.2f}' for mean in means)} |"
        yield ""


def _calibration(found: Study) -> Iterator[str]:
    yield from _heading("Calibration")
    yield (
        "Of the cells of clean simulations, the share that a method calls as unlikely as "
        f"{' and as '.join(f'{one:g}' for one in NOMINAL)}; EARS' scores read as those of a normal distribution. Mark, "
        f"on the default: within a factor of {CALIBRATED:g}. Where series step, the {SETTLING} days from a step on are "
        "left out: an analyst wants to be told of it, so its alarms are not false. The row below has all cells."
    )
    yield ""
    names = (DEFAULT, TUNED, STOCK)
    yield f"| family | cells | {' | '.join(names)} | mark |"
    yield f"|---|---|{'---|' * len(names)}---|"
    for one in found.calibrations:
        ratios = [realised / nominal for realised, nominal in zip(one.realised[DEFAULT], NOMINAL, strict=True)]
        good = all(1 / CALIBRATED <= ratio <= CALIBRATED for ratio in ratios)
        cells = " | ".join(" and ".join(f"{it:.4f}" for it in one.realised[name]) for name in names)
        yield f"| {one.told} | {one.cells:,} | {cells} | {_met(good) if one.marked else 'none'} |"


def _contamination(found: Study) -> Iterator[str]:
    yield from _heading("What attacks leave behind")
    yield (
        "Recall of single days at 0.3 % false alarms: a probe of twice the usual ten days after an attack of twenty "
        "times, in brackets with no attack before it; five-fold for twelve days; three-fold on a weekday, eight weeks."
    )
    yield ""
    yield "| | probe (control) | long: day 1, 6, 12 | weekly: time 1, 4, 8 |"
    yield "|---|---|---|---|"
    for name, one in {**found.contaminated, "the model's first study": NAMED_BEFORE}.items():
        long, weekly = (", ".join(f"{it:.2f}" for it in times) for times in (one.long, one.weekly))
        yield f"| {name} | {one.probe:.2f} ({one.control:.2f}) | {long} | {weekly} |"


def real_lines(ts_ops: TsOps | None, platforms: Sequence[Platform], told_of: Sequence[Told]) -> Iterator[str]:
    """The tables of real counts, for those that are there."""
    if ts_ops is not None:
        yield from _heading("ts-ops")
        yield (
            f"By category at p < 10^-2.5: {ts_ops.found} of {ts_ops.attack_days} attack days found in their category, "
            f"{ts_ops.found_first_day} of {ts_ops.attacks} attacks on their first day, {ts_ops.false} false alarms."
        )
    if platforms:
        yield from _dsa(platforms)
    if told_of:
        yield from _told_of(told_of)


def _dsa(platforms: Sequence[Platform]) -> Iterator[str]:
    yield from _heading("DSA transparency database")
    whole = sum(one.alerts for one in platforms) / sum(one.years for one in platforms)
    yield (
        "Decisions a day by category; one alert an episode; baselines start anew where a definition changed. "
        f"Over all platforms {whole:.1f} alerts a series-year."
    )
    yield ""
    yield "| platform | series | series-years | alerts a series-year | definition changes | alarms Monday to Sunday |"
    yield "|---|---|---|---|---|---|"
    for one in platforms:
        changed = ", ".join(map(str, one.changes)) or "none"
        weekdays = ", ".join(map(str, one.by_weekday))
        yield f"| {one.name} | {one.series} | {one.years:.1f} | {one.a_year:.1f} | {changed} | {weekdays} |"


def _told_of(platforms: Sequence[Told]) -> Iterator[str]:
    years = sum(one.years for one in platforms)
    sums = Counter[IncidentKind]()
    for one in platforms:
        sums.update(one.kinds)
    yield ""
    yield (
        "Incidents of all kinds that the detection job tells of, a series-year: alarms of a series within a week of "
        "each other are one, and so is a fall of most series of a platform. Changes of definition are counted apart."
    )
    yield ""
    yield "| platform | series-years | spikes | slow rises | falls | all | changes of definition |"
    yield "|---|---|---|---|---|---|---|"
    for one in [*platforms, Told("all", years, sums)]:
        kinds = " | ".join(f"{one.a_year(kind):.1f}" for kind in TOLD)
        changed = one.kinds.get(IncidentKind.DEFINITION_CHANGE, 0)
        yield f"| {one.name} | {one.years:.1f} | {kinds} | {one.a_year():.1f} | {changed} |"


def _heading(title: str) -> Iterator[str]:
    yield from ("", f"### {title}", "")


def _met(good: bool) -> str:  # noqa: FBT001
    return "met" if good else "missed"
