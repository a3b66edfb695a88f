"""The study of the detector, in small."""

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from bench.detection import page, rivals
from bench.detection.attacks import FIRST
from bench.detection.contamination import contaminated
from bench.detection.families import DAYS, FAMILIES, SERIES, WEEKDAY, Family
from bench.detection.rivals import Ears
from bench.detection.scoring import candidates, clean, difference, false_alarms, found, recall, threshold, usual
from bench.detection.simulate import Purpose, simulations
from bench.detection.study import DEFAULT, ORACLE, OWN, STOCK, TUNED, calibrate, compare, tune
from bench.detection.told import Told, dsa_told
from dashapp.domain.vocabulary import IncidentKind
from dashapp.stats.ears import ears

LOG_LINEAR, REGIMES, CAMPAIGNS = FAMILIES[0], FAMILIES[2], FAMILIES[-1]
by_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


@by_family
def test_simulations_are_the_same_each_time_and_others_for_each_purpose(family: Family) -> None:
    once, again, held = (
        simulations(family, purpose, 2) for purpose in (Purpose.TRAINING, Purpose.TRAINING, Purpose.HELD_OUT)
    )
    assert once.counts.shape == (2, SERIES, DAYS)
    assert np.array_equal(once.counts, again.counts, equal_nan=True)
    assert not np.array_equal(once.counts, held.counts, equal_nan=True)


@by_family
def test_attacks_begin_once_methods_have_their_history_and_every_one_is_marked(family: Family) -> None:
    drawn = simulations(family, Purpose.TRAINING, 5)
    assert not drawn.attacked[:, :, :FIRST].any()
    for cells, attacks in zip(drawn.attacked, drawn.attacks, strict=True):
        assert all(cells[list(one.series), one.first : one.last + 1].all() for one in attacks)
        assert cells.sum() == sum(len(one.series) * (one.last - one.first + 1) for one in attacks)


@by_family
def test_the_means_and_variances_that_the_oracle_is_told_are_those_of_the_counts(family: Family) -> None:
    drawn = simulations(family, Purpose.TRAINING, 40, clean=True)
    kept = np.isfinite(drawn.counts) & (drawn.counts > 0)
    off = ((drawn.counts - drawn.mean) / np.sqrt(drawn.variance))[kept]
    assert off.mean() == pytest.approx(0.0, abs=0.05)
    assert off.var() == pytest.approx(1.0, abs=0.05)


def test_ears_in_its_plain_form_is_the_product_s() -> None:
    rows = simulations(LOG_LINEAR, Purpose.TRAINING, 2).rows
    assert np.allclose(Ears(28, 2)(rows), ears(rows), equal_nan=True)


def test_a_weekday_s_factor_is_drawn_towards_one_by_two_usual_days() -> None:
    counts = np.where(WEEKDAY < 5, 100.0, 300.0)[None]
    saturday = 103
    assert Ears(weekday="none").factor(counts, saturday).tolist() == [1.0]
    usual = 1100 / 7
    assert Ears(weekday="ratio").factor(counts, saturday) == pytest.approx([(8 * 300 / usual + 2) / 10])
    assert Ears(weekday="median").factor(counts, saturday) == pytest.approx([2.6])


def test_ears_that_drops_its_alarms_still_sees_a_long_attack_at_its_end() -> None:
    counts = np.tile([98.0, 100.0, 102.0], (1, DAYS // 3))
    counts[:, 60:72] *= 5
    assert Ears()(counts)[0, 71] < 3.0
    assert Ears(drop=4.0)(counts)[0, 71] > 100.0


def test_the_threshold_leaves_three_in_a_thousand_clean_cells_above_it() -> None:
    drawn = simulations(LOG_LINEAR, Purpose.TRAINING, 10)
    scores = rivals.oracle(drawn)
    cells = int(clean(drawn).sum())
    assert false_alarms(scores, drawn, threshold(scores, drawn)) == pytest.approx(int(0.003 * cells) / cells)


def test_counts_below_five_and_days_without_judgement_are_no_alarms() -> None:
    drawn = simulations(LOG_LINEAR, Purpose.TRAINING, 1)
    drawn.counts[0, 0, 50:52] = [4.0, 5.0]
    scores = np.full(drawn.rows.shape, 9.0)
    scores[0, 52] = np.nan
    assert candidates(scores, drawn)[0, 50:53].tolist() == [-np.inf, 9.0, -np.inf]


def test_a_lead_is_that_of_all_attacks_and_none_where_both_find_the_same() -> None:
    ours = [np.array([True, True]), np.array([True, False, True])] * 20
    theirs = [np.array([True, False]), np.array([True, False, True])] * 20
    lead = difference(ours, theirs)
    assert (lead.value, round(lead.low, 2), round(lead.high, 2)) == (0.2, 0.13, 0.28)
    same = difference(ours, ours)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


def test_tuning_takes_what_is_best_on_average_and_for_each_family() -> None:
    training = {family.name: simulations(family, Purpose.TRAINING, 4) for family in (LOG_LINEAR, CAMPAIGNS)}
    blind, seeing = Ears(window=28, least="one"), Ears(28, 2, "ratio", 4.0, "poisson")
    tuned, own = tune([blind, seeing], training)
    assert tuned == seeing
    assert own == {"log-linear": seeing, "campaigns": seeing}


def test_a_family_s_comparison_takes_thresholds_from_training_and_the_oracle_is_best() -> None:
    training = simulations(LOG_LINEAR, Purpose.TRAINING, 10)
    methods = {DEFAULT: rivals.default, TUNED: Ears(28, 2, "ratio", 4.0, "poisson"), STOCK: rivals.stock}
    compared = compare(LOG_LINEAR, training, methods | {OWN: methods[TUNED]}, 10)
    held = simulations(LOG_LINEAR, Purpose.HELD_OUT, 10)
    above = threshold(rivals.stock(training.rows), training)
    assert compared.outcomes[STOCK].recall == recall(found(rivals.stock(held.rows), held, above))
    assert compared.outcomes[STOCK].realised == false_alarms(rivals.stock(held.rows), held, above)
    assert compared.attacks == sum(map(len, held.attacks))
    assert max(one.equal for one in compared.outcomes.values()) == compared.outcomes[ORACLE].equal
    assert compared.lead.low <= compared.lead.value <= compared.lead.high
    assert set(compared.by_strength) >= {"ramp", "several", "spike 3x"}


def test_the_weeks_after_a_step_are_no_usual_cells_but_clean_ones() -> None:
    drawn = simulations(REGIMES, Purpose.TRAINING, 20, clean=True)
    stepped, cells = drawn.stepped.reshape(drawn.rows.shape), usual(drawn)
    row = int(np.flatnonzero(stepped[:, FIRST : DAYS - 40].any(axis=1) & (stepped.sum(axis=1) == 1))[0])
    step = int(np.flatnonzero(stepped[row])[0])
    assert cells[row].tolist() == [day >= FIRST and not step <= day < step + 28 for day in range(DAYS)]
    assert clean(drawn)[row, step]


def test_only_cells_away_from_steps_have_a_mark_for_calibration() -> None:
    apart, whole = calibrate(REGIMES, {DEFAULT: rivals.default}, 10)
    assert (apart.marked, whole.marked, whole.cells) == (True, False, 10 * SERIES * (DAYS - FIRST))
    assert apart.cells < whole.cells
    assert apart.realised[DEFAULT][0] < whole.realised[DEFAULT][0]
    [one] = calibrate(LOG_LINEAR, {DEFAULT: rivals.default}, 2)
    assert (one.told, one.marked) == ("log-linear", True)


def test_what_the_job_tells_of_published_counts_is_by_platform_and_kind(tmp_path: Path) -> None:
    draw, first = np.random.default_rng(4), date(2024, 1, 1)
    counts = {name: draw.poisson(200, 80) for name in ("spam", "fraud", "hate")}
    counts["spam"][[60, 66]] = 900
    for of in counts.values():
        of[70] = 2
    lines = ["platform,date,column,variant,count,mean,min,max"]
    lines += [
        f"Chat,{first + timedelta(days=day)},category,{name},{count},,,"
        for name, of in counts.items()
        for day, count in enumerate(of)
    ]
    file = tmp_path / "daily.csv.gz"
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    [told] = dsa_told(file, datetime(2024, 4, 1, tzinfo=UTC))
    assert told == Told("Chat", pytest.approx(3 * 70 / 365.25), {IncidentKind.SPIKE: 1, IncidentKind.DROP: 1})
    assert told.a_year(IncidentKind.SPIKE) == pytest.approx(1 / told.years)
    assert told.a_year() == pytest.approx(2 / told.years)


def test_a_huge_attack_blinds_ears_for_the_probe_after_it() -> None:
    ended = contaminated({"plain": rivals.stock, "drops": Ears(28, 2, "ratio", 4.0, "poisson")}, 10)
    assert ended["plain"].probe == 0.0
    assert ended["drops"].probe > 0.5


def test_the_page_says_which_form_of_ears_was_best() -> None:
    assert page.told(Ears(28, 2, "ratio", 4.0, "poisson")) == (
        "28 days, guard 2, weekdays by ratio of means, drops own alarms above 4, "
        "deviation at least the root of the mean"
    )
