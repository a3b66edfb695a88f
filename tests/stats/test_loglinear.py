import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize

from dashapp.stats.loglinear import Design, Information, improved, start

DAYS = 84
WEEKDAY = np.arange(DAYS) % 7
TREND = np.arange(-DAYS, 0) / 28
SEASON = np.eye(7)[WEEKDAY]
TARGET = np.append(np.eye(7)[3], [0.0, 1.0])


def design(season: float, trend: float) -> Design:
    columns = np.column_stack([SEASON, TREND, np.ones(DAYS)])
    return Design(columns[None], TARGET[None, None], np.array([*[season] * 7, trend, 0.01]))


def counts() -> np.ndarray:
    mean = 80 * np.exp(0.2 * TREND + np.array([0.2, 0.1, 0, 0, 0, -0.4, -0.5])[WEEKDAY])
    return np.random.default_rng(1).negative_binomial(25, 25 / (25 + mean)).astype(np.float64)


def test_without_a_ridge_mean_and_variance_are_those_of_statsmodels() -> None:
    values, free = counts(), design(1e-5, 1e-5)
    theirs = sm.GLM(values, np.column_stack([SEASON, TREND]), family=sm.families.Poisson()).fit(scale="X2")
    ahead = theirs.get_prediction(TARGET[None, :8])
    used = np.ones((1, 1, DAYS))
    weights = used / theirs.scale
    found = improved(start(values[None, None], used, free), values[None, None], weights, free, 12)
    known = Information(weights * free.expected(found), free.products, free.precision)
    assert free.ahead(found)[0, 0] == pytest.approx(ahead.predicted_mean[0], rel=1e-4)
    variance = free.ahead(found)[0, 0] ** 2 * known.variance(free.target)[0, 0]
    assert variance == pytest.approx(ahead.var_pred_mean[0], rel=1e-3)
    assert known.parameters()[0, 0] == pytest.approx(8.0, abs=1e-3)


def test_with_a_ridge_the_coefficients_are_those_of_the_penalised_maximum() -> None:
    values, held = counts(), design(0.3**-2, 0.25**-2)
    weights = np.full((1, 1, DAYS), 0.3)
    begun = start(values[None, None], weights, held)
    found = improved(begun, values[None, None], weights, held, 12)[0, 0]

    def loss(at: np.ndarray) -> float:
        logarithm = held.columns[0] @ at
        ridge = ((at - begun[0, 0]) ** 2 * held.precision).sum() / 2
        return float((0.3 * (np.exp(logarithm) - values * logarithm)).sum() + ridge)

    best = minimize(loss, begun[0, 0], method="BFGS", options={"gtol": 1e-4}).x
    assert found == pytest.approx(best, abs=1e-4)


def test_five_two_and_two_steps_are_as_good_as_forty() -> None:
    values, held = counts(), design(0.3**-2, 0.25**-2)
    values[40] = 0.0
    weights = np.full((1, 1, DAYS), 0.3)
    begun = start(values[None, None], weights, held)
    few, many = (improved(begun, values[None, None], weights, held, steps) for steps in (9, 40))
    assert held.ahead(few) == pytest.approx(held.ahead(many), rel=1e-9)
