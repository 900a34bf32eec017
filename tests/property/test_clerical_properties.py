"""Stratified estimates on simulated strata: without bias, and intervals that hold the truth as often as they say."""

import numpy as np
import pytest

from linkage.clerical.estimates import Answers, Zone, allocate, precision, recall

TRIALS = 1000
# (zone, pairs, share of one person): a good linkage, a poor one, a small one where whole strata are judged, and a large
# one of which nothing that was left apart is known.
POPULATIONS = {
    "good": [(Zone.JOINED, 20_000, 0.9995), (Zone.JOINED, 6_000, 0.995), (Zone.REVIEW, 900, 0.9),
             (Zone.REVIEW, 300, 0.6), (Zone.APART, 400, 0.2), (Zone.APART, 5_000, 0.01)],
    "poor": [(Zone.JOINED, 5_000, 0.95), (Zone.JOINED, 3_000, 0.8), (Zone.REVIEW, 2_000, 0.5),
             (Zone.APART, 9_000, 0.1)],
    "small": [(Zone.JOINED, 60, 0.95), (Zone.REVIEW, 20, 0.7), (Zone.APART, 200, 0.05)],
    "large": [(Zone.JOINED, 90_000, 0.999), (Zone.JOINED, 6_000, 0.995), (Zone.JOINED, 3_000, 0.98),
              (Zone.REVIEW, 900, 0.9), (Zone.REVIEW, 600, 0.75), (Zone.REVIEW, 500, 0.55)],
}  # fmt: skip
ZONES = ([Zone.JOINED], [Zone.JOINED, Zone.REVIEW])


def simulate(population, size, seed):
    """Samples drawn without replacement from a fixed population; yields answers."""
    generator = np.random.default_rng(seed)
    drawn = allocate({str(i): n for i, (_, n, _) in enumerate(population)}, size)
    for _ in range(TRIALS):
        answers = []
        for i, (zone, n, p) in enumerate(population):
            same = generator.hypergeometric(round(n * p), n - round(n * p), drawn[str(i)])
            answers.append(Answers(zone, n, drawn[str(i)], int(same)))
        yield answers


def truth(population, zones):
    same = [(zone in zones, round(n * p)) for zone, n, p in population]
    found = sum(s for inside, s in same if inside)
    return found / sum(n for zone, n, _ in population if zone in zones), found / sum(s for _, s in same)


@pytest.mark.parametrize("name", POPULATIONS)
@pytest.mark.parametrize("zones", ZONES, ids=["automatic", "with review"])
def test_unbiased_and_covered(name, zones):
    population = POPULATIONS[name]
    samples = list(simulate(population, 200, seed=7))
    true_precision, true_recall = truth(population, zones)
    for estimator, true in ((precision, true_precision), (recall, true_recall)):
        found = [estimator(answers, zones) for answers in samples]
        values = np.array([f.value for f in found])
        error = values.std() / np.sqrt(TRIALS)
        # A ratio has a bias of its own order 1/n: small beside the interval, not beside the simulation's error.
        slack = 0 if estimator is precision else 0.004
        assert abs(values.mean() - true) <= 4 * error + slack + 1e-9
        covered = np.mean([f.low - 1e-9 <= true <= f.high + 1e-9 for f in found])
        # Counts are whole numbers: score intervals of 95% hold between 92 and 98 of 100 truths (Brown, Cai & DasGupta,
        # Statistical Science 16, 2001). The textbook variance, zero where nothing wrong was drawn, holds 22 of them in
        # the good linkage and 55 in the large one.
        assert covered >= 0.92, (estimator.__name__, covered)
        assert all(0 <= f.low <= f.value <= f.high <= 1 for f in found)


def test_without_weights_the_estimate_would_be_wrong():
    """The strata are drawn at different rates: the share right among the judged is another figure."""
    population = POPULATIONS["good"]
    pooled = [
        sum(a.same for a in answers if a.zone is Zone.JOINED) / sum(a.judged for a in answers if a.zone is Zone.JOINED)
        for answers in simulate([(Zone.JOINED, 20_000, 0.99), (Zone.JOINED, 200, 0.5), *population[2:]], 200, seed=3)
    ]
    true, _ = truth([(Zone.JOINED, 20_000, 0.99), (Zone.JOINED, 200, 0.5)], [Zone.JOINED])
    assert abs(np.mean(pooled) - true) > 0.01
