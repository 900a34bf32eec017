"""How large the sample country is at scale 1.0, and how often something goes wrong in it."""

import math
from dataclasses import dataclass, field

from ibr.errors import UsageProblem

PROGRAMS = ("OPCT", "PWSD-CT", "CT-OVC", "HSNP", "CFA")
OPCT, PWSD, OVC, HSNP, CFA = range(5)
SOURCE_OF = ("nsnp", "nsnp", "ctovc", "hsnp", "cfa")
STATUSES = ("applied", "rejected", "waiting", "active", "suspended", "exited", "standby")
APPLIED, REJECTED, WAITING, ACTIVE, SUSPENDED, EXITED, STANDBY = range(7)
RELATIONS = ("head", "spouse", "child", "grandchild", "parent", "sibling", "other_relative", "not_related")
HEAD, SPOUSE, CHILD, GRANDCHILD, PARENT, SIBLING, OTHER, UNRELATED = range(8)


@dataclass(frozen=True)
class Sizes:
    """Counts at scale 1.0."""

    households: int = 883_000
    applicants: int = 132_000
    standby: int = 150_000
    register: int = 30_000_000
    grievances: int = 100_000
    program_shares: tuple[float, ...] = (0.351, 0.053, 0.40, 0.111, 0.085)


@dataclass(frozen=True)
class ErrorRates:
    """Shares of records (or of names, dates) that a clerk writes down wrongly."""

    id_missing: float = 0.30
    id_mistyped: float = 0.02
    id_guardian: float = 0.03  # of children
    name_misspelt: float = 0.12  # of given and of family names
    name_swapped: float = 0.04
    middle_missing: float = 0.25
    middle_initial: float = 0.08
    nickname: float = 0.03
    birth_year_only: float = 0.15  # of those born before 1965
    birth_day_month: float = 0.015
    birth_year_off: float = 0.02
    birth_decade: float = 0.005
    birth_missing: float = 0.004
    sex_missing: float = 0.004
    sex_wrong: float = 0.006
    ward_moved: float = 0.08  # of households
    area_unmapped: float = 0.003  # of households
    register_factor: float = 0.15  # the register's own errors, as a share of the rates above
    not_in_register: float = 0.02
    death_unregistered: float = 0.15


@dataclass(frozen=True)
class OverlapRates:
    """Shares of households recorded more than once."""

    second_program: float = 0.064
    third_program: float = 0.004
    same_program: float = 0.010
    one_person_only: float = 0.15  # of second records: not the whole household
    moved_on: float = 0.10  # of households with two registrations: the second began after the first had ended


@dataclass(frozen=True)
class FaultRates:
    """Planted payroll faults, as a share of beneficiary households (after what Kenya's auditors counted)."""

    paid_above_value: float = 919 / 883_000
    caregiver_several_households: float = 15_243 / 883_000
    failed_in_a_row: float = 1_719 / 883_000
    invalid_national_id: float = 4_458 / 883_000
    never_collected: float = 10_917 / 883_000
    paid_not_enrolled: float = 1_200 / 883_000
    enrolled_not_on_payroll: float = 2_600 / 883_000
    totals_differ: float = 3_500 / 883_000
    shared_account: float = 2_200 / 883_000
    pension: float = 4_000 / 883_000
    wrong_cycle_length: float = 1_200 / 883_000
    in_arrears: float = 1_500 / 883_000
    shared_phone: float = 1_500 / 883_000
    aged_out: float = 0.008  # of CT-OVC's households: no child is left on the list
    exited_reappears: float = 0.06  # of the exited
    dead_kept_on: float = 0.20  # of beneficiaries who died
    other_result: float = 0.002  # of the lines of a provider's return
    other_amount: float = 0.001
    not_returned: float = 0.001
    not_on_payroll: float = 0.0005


@dataclass(frozen=True)
class Settings:
    """Everything that shapes a sample country."""

    scale: float
    seed: int
    sizes: Sizes = field(default_factory=Sizes)
    errors: ErrorRates = field(default_factory=ErrorRates)
    overlaps: OverlapRates = field(default_factory=OverlapRates)
    faults: FaultRates = field(default_factory=FaultRates)

    def __post_init__(self) -> None:
        scale = self.scale
        if (
            isinstance(scale, bool)
            or not isinstance(scale, int | float)
            or not math.isfinite(scale)
            or not 0 < scale <= 3
        ):
            raise UsageProblem(f"scale is {scale}; expected a number above 0 and at most 3 (1.0 is the whole country)")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise UsageProblem(f"seed is {self.seed}; expected a whole number, 0 or above")

    def count(self, at_full_scale: float) -> int:
        """A number of rows at this scale; at least one."""
        return max(1, round(at_full_scale * self.scale))
