"""Grievances: who complained about what, and how far the case has come."""

from dataclasses import dataclass

import numpy as np

from sample_country.calendar import NEVER, day
from sample_country.randomness import stream
from sample_country.settings import ACTIVE, Settings

REASONS = (
    "payment not received",
    "payment short",
    "wrong details",
    "change of caregiver",
    "account problem",
    "should be enrolled",
    "death of beneficiary",
    "moved to another place",
    "misconduct of staff",
)
STAGES = ("received", "investigating", "resolved", "escalated")
ACTIONS = (
    "referred to county office",
    "payment re-issued",
    "details corrected",
    "home visit made",
    "caregiver replaced",
    "explained the rules",
)


@dataclass
class Grievances:
    """Arrays by grievance; `registration` is a row of the registrations, days are day numbers or NEVER."""

    registration: np.ndarray
    received: np.ndarray
    reason: np.ndarray
    stage: np.ndarray
    stage_on: np.ndarray
    action: np.ndarray
    resolved: np.ndarray


def build(settings: Settings, status: np.ndarray, today: int) -> Grievances:
    """Spread the grievances over registrations; one in fifteen comes from a household that is not a beneficiary."""
    rng = stream(settings.seed, "grievances")
    count = settings.count(settings.sizes.grievances)
    weight = np.where(status >= ACTIVE, 1.0, 0.3)
    cumulative = np.cumsum(weight)
    registration = np.searchsorted(cumulative, rng.random(count) * cumulative[-1])
    return of(rng, np.minimum(registration, len(status) - 1), rng.integers(day("2024-09-01"), today - 2, count), today)


def of(rng: np.random.Generator, registration: np.ndarray, received: np.ndarray, today: int) -> Grievances:
    """Grievances of these registrations, received on these days."""
    count = len(registration)
    age = today - received
    drawn = rng.random(count)
    stage = np.select([(drawn < 0.82) & (age > 20), drawn < 0.88, drawn < 0.95], [2, 1, 0], 3)
    duration = np.minimum(rng.integers(1, 90, count), age)
    stage_on = np.where(stage == 0, received, received + duration)
    return Grievances(
        registration,
        received,
        rng.integers(0, len(REASONS), count),
        stage,
        stage_on,
        np.where(stage == 0, -1, rng.integers(0, len(ACTIONS), count)),
        np.where(stage == 2, stage_on, NEVER),
    )
