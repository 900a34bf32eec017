"""What staff can count, and by what: the declared list. Nothing else reaches a statement."""

from dataclasses import dataclass, replace

from exchange.portal.cubes import Variable


@dataclass(frozen=True)
class Counted:
    """A number: `sql` over the rows of a table, of the columns `needs`."""

    name: str
    sql: str
    needs: tuple[str, ...] = ()
    is_money: bool = False
    is_share: bool = False


@dataclass(frozen=True)
class Subject:
    """A mart whose rows are counted, by these variables; `only`: a column that must be true.

    `apart`: a variable whose values are not added up, because the same people are counted under several; with the value
    that stands for all of them, where there is one.
    """

    name: str
    table: str
    variables: tuple[Variable, ...]
    measures: tuple[Counted, ...]
    only: str | None = None
    apart: tuple[str, str | None] | None = None

    def variable(self, name: str | None) -> Variable | None:
        """The variable of a name."""
        return next((one for one in self.variables if one.name == name), None)

    def measure(self, name: str | None) -> Counted | None:
        """The number of a name."""
        return next((one for one in self.measures if one.name == name), None)

    def held_by(self, columns: set[str]) -> "Subject | None":
        """What of it a table with these columns can answer; None where nothing."""
        variables = tuple(one for one in self.variables if set(one.columns) <= columns)
        measures = tuple(one for one in self.measures if set(one.needs) <= columns)
        if not variables or not measures:
            return None
        return replace(self, variables=variables, measures=measures)


def _by(name: str, column: str | None = None) -> Variable:
    return Variable(name, (column or name,))


_PROGRAM, _COUNTY, _CYCLE = _by("program"), _by("county", "county_code"), _by("cycle", "cycle_id")
_MONTH = _by("month", "period_start")  # alike in all programs, which a payment cycle is not
_SEX, _AGE, _STATUS = _by("sex"), _by("age", "age_group"), _by("status")
_PERSONS = Counted("persons", "count(DISTINCT person_uid)", ("person_uid",))
_HOUSEHOLDS = Counted("households", "count(DISTINCT household_uid)", ("household_uid",))


def _money(name: str) -> Counted:
    return Counted(name, f"round(sum({name}))", (name,), is_money=True)  # whole: a file of numbers has no use for cents


SUBJECTS = (
    Subject(
        "enrolments", "fct_enrolments", (_PROGRAM, _COUNTY, _STATUS, _by("unit", "benefit_unit")),
        (Counted("enrolments", "count(*)"), _PERSONS, _HOUSEHOLDS),
    ),
    Subject(
        "payments", "fct_payments", (_PROGRAM, _COUNTY, _MONTH, _CYCLE, _by("payment_status", "status")),
        (_money("amount_paid"), _money("amount_due"), Counted("lines", "count(*)"), _PERSONS),
    ),
    Subject(
        "receipt", "rpt_receipt_by_area", (_PROGRAM, _COUNTY, _CYCLE),
        (Counted("recipients", "sum(recipients)", ("recipients",)), _money("amount_paid")), apart=("cycle", None),
    ),
    Subject(
        "coverage", "rpt_coverage", (_PROGRAM, _COUNTY, _SEX, _AGE),
        (Counted("eligible", "sum(eligible_persons)", ("eligible_persons",)),
         Counted("covered", "sum(covered_eligible)", ("covered_eligible",)),
         Counted("uncovered", "sum(uncovered_persons)", ("uncovered_persons",)),
         Counted("coverage", "sum(covered_eligible) / nullif(sum(eligible_persons), 0)",
                 ("covered_eligible", "eligible_persons"), is_share=True)), "has_rule", ("program", "all"),
    ),
    Subject(
        "verification", "rpt_verification",
        (_PROGRAM, _COUNTY, _by("finding", "status"), _SEX, _AGE, _by("has_id", "has_national_id")),
        (Counted("records", "count(*)"), _PERSONS),
    ),
    Subject(
        "duplicates", "rpt_multiple_receipt",
        (_by("verdict"), _by("match", "match_verdict"), _by("program_a"), _by("program_b"), _by("rule", "rule_code")),
        (Counted("pairs", "count(*)"), _money("money_at_stake")),
    ),
    Subject(
        "payroll", "rpt_payroll_pre", (_PROGRAM, _COUNTY, _by("check", "reason_code"), _by("severity")),
        (Counted("findings", "count(*)"), _money("amount_at_stake"), _PERSONS),
    ),
    Subject(
        "exits", "rpt_exits_due", (_PROGRAM, _COUNTY, _by("exit", "reason_code"), _by("due", "verdict")),
        (Counted("enrolments", "count(*)"),),
    ),
    Subject("updates", "rpt_updates_due", (_PROGRAM, _COUNTY), (_HOUSEHOLDS,)),
    Subject(
        "grievances", "fct_grievances", (_PROGRAM, _COUNTY, _by("reason", "reason_code"), _by("stage")),
        (Counted("grievances", "count(*)"), _HOUSEHOLDS),
    ),
)  # fmt: skip
