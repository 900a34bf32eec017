"""The marts on payroll, risk and life cycle against the sample country's truth: after the first run, after the second,
and in a country that is linked without a mistake, where nothing may be missed."""

import json

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

# What enrolments, persons and the register's answers truly are, for the queries below.
TRUTH = """
    CREATE TEMP TABLE enrolments AS FROM {enrolments};
    CREATE TEMP TABLE current_enrolments AS FROM enrolments WHERE status IN ('active', 'suspended');
    CREATE TEMP TABLE records AS FROM {records} WHERE is_beneficiary_record;
    CREATE TEMP TABLE persons AS FROM {persons};
    CREATE TEMP TABLE payments AS FROM {payments};
    CREATE TEMP TABLE faults AS FROM {faults};
    CREATE TEMP TABLE verification AS FROM {verification};
    CREATE TEMP TABLE as_at AS SELECT value::DATE AS day FROM ops.parameters WHERE name = 'reporting_date';
    -- Who has died, and the register has heard of it.
    CREATE TEMP TABLE known_dead AS
        SELECT person_id FROM persons JOIN mirror_iprs.person AS known
        ON known.register_id::VARCHAR = persons.register_id AND known.is_deceased = 1;
"""


@pytest.fixture(params=["demo", "second_demo", "rightly_linked"])
def which(request) -> str:
    return request.param


@pytest.fixture
def con(which, request):
    """The warehouse, with the truth as temporary tables."""
    country = request.getfixturevalue(which)
    names = ("enrolments", "records", "persons", "payments", "faults", "verification")
    with country.warehouse() as con:
        con.execute(TRUTH.format(**{name: country.truth(name) for name in names}))
        yield con


@pytest.fixture
def few(which) -> int:
    """How many may be missed because linkage, or the register's answer by names, missed them."""
    return 0 if which == "rightly_linked" else 3


def differ(con, expected: str, found: str) -> tuple[list, list]:
    """Rows that only one of two queries gives: missed, and invented."""
    return con.execute(f"{expected} EXCEPT {found}").fetchall(), con.execute(f"{found} EXCEPT {expected}").fetchall()


def test_the_paid_dead_are_those_the_register_knows(con, few):
    missed, invented = differ(
        con,
        "SELECT DISTINCT key FROM faults JOIN enrolments ON enrolment_id = key SEMI JOIN known_dead USING (person_id) "
        "WHERE fault = 'dead_still_paid'",
        "SELECT enrolment_id FROM marts.rpt_payroll_pre WHERE reason_code = 'deceased_still_paid'",
    )
    assert invented == []
    assert len(missed) <= few


def test_who_is_not_verified_and_who_could_not_be_checked_never_look_alike(con):
    rows = con.execute("""
        WITH truly AS (
            SELECT e.enrolment_id, min(list_position(
                ['deceased', 'verified', 'found_by_match_key', 'mismatch', 'id_shared', 'not_found', 'could_not_check'],
                v.expected_status)) AS rank
            FROM current_enrolments AS e JOIN records AS r USING (person_id) JOIN verification AS v USING (record_id)
            GROUP BY ALL
        )
        SELECT CASE WHEN rank <= 3 THEN 'none' WHEN rank = 7 THEN 'could_not_check' ELSE 'not_verified' END AS truly,
               coalesce(found.reason_code, 'none') AS found, count(*)
        FROM truly LEFT JOIN (
            SELECT * FROM marts.rpt_payroll_pre WHERE reason_code IN ('not_verified', 'could_not_check')
        ) AS found USING (enrolment_id)
        GROUP BY ALL
    """).fetchall()
    counts = {(truly, found): n for truly, found, n in rows}
    assert counts["not_verified", "not_verified"] > 0
    assert sum(n for (truly, found), n in counts.items() if truly == found) >= 0.98 * sum(counts.values())
    assert counts.get(("not_verified", "could_not_check"), 0) == 0


def test_known_duplicates_are_true_ones(con, which):
    """Both sides of each prohibited pair that is still paid, and of true households only."""
    found = "SELECT enrolment_id FROM marts.rpt_payroll_pre WHERE reason_code = 'duplicate_still_paid'"
    (invented,) = con.execute(f"""
        SELECT count(*) FROM ({found}) WHERE enrolment_id NOT IN (
            SELECT unnest([a.enrolment_id, b.enrolment_id]) FROM enrolments AS a JOIN enrolments AS b
            ON a.true_household_id = b.true_household_id AND a.enrolment_id <> b.enrolment_id)
    """).fetchone()
    planted, missed = con.execute(f"""
        WITH paid AS (
            SELECT DISTINCT enrolment_id FROM payments AS p
            WHERE amount_paid > 0 AND period_start >= (
                SELECT DISTINCT period_start FROM payments AS q WHERE q.program = p.program
                ORDER BY period_start DESC LIMIT 1 OFFSET 1)
        )
        SELECT count(*), count(*) FILTER (key NOT IN ({found}))
        FROM (SELECT DISTINCT key FROM faults SEMI JOIN paid ON key = enrolment_id SEMI JOIN paid AS other
              ON detail = other.enrolment_id WHERE fault IN ('same_program_twice', 'prohibited_overlap'))
    """).fetchone()
    assert invented == 0
    assert planted > 0
    assert missed <= (0 if which == "rightly_linked" else 0.05 * planted)


def test_payment_lines_that_failed_came_back_or_were_not_fetched(con):
    states = "('failed', 'returned', 'unclaimed')"
    assert differ(
        con,
        f"SELECT payment_id, status, amount_due::DECIMAL(18, 2) FROM payments WHERE status IN {states}",
        f"SELECT payment_id, reason_code, amount_at_stake FROM marts.rpt_payroll_post WHERE reason_code IN {states}",
    ) == ([], [])


def test_totals_tie_to_the_truth_and_to_what_was_planted_in_the_providers_returns(con):
    assert differ(
        con,
        "SELECT program, program || ':' || period_start, count(*), sum(amount_due)::DECIMAL(18, 2), "
        "sum(amount_paid)::DECIMAL(18, 2), count(*) FILTER (status = 'failed') FROM payments GROUP BY ALL",
        "SELECT program, cycle_id, sum(payment_lines), sum(amount_due)::DECIMAL(18, 2), "
        "sum(amount_paid)::DECIMAL(18, 2), sum(failed_lines) FROM marts.rpt_payroll_reconciliation "
        "GROUP BY ALL HAVING sum(payment_lines) > 0",
    ) == ([], [])
    (untied,) = con.execute(
        "SELECT count(*) FROM marts.rpt_payroll_reconciliation WHERE NOT is_tied_to_source"
    ).fetchone()
    assert untied == 0
    assert differ(
        con,
        """
        SELECT program, program || ':' || period_start,
               sum(CASE fault WHEN 'provider_amount_differs' THEN 50 ELSE amount_paid END)::DECIMAL(18, 2)
        FROM payments JOIN faults ON key = payment_id
        WHERE fault IN ('provider_amount_differs', 'provider_result_differs', 'not_in_provider_return') GROUP BY ALL""",
        """
        SELECT program, cycle_id, sum(provider_difference)::DECIMAL(18, 2) FROM marts.rpt_payroll_reconciliation
        WHERE program IS NOT NULL GROUP BY ALL HAVING sum(provider_difference) <> 0""",
    ) == ([], [])


def test_absent_pupils_are_flagged_and_a_score_is_a_sum(con):
    missed, invented = differ(
        con,
        """
        SELECT DISTINCT certificate.birth_cert
        FROM mirror_school.attendance AS certificate
        JOIN persons ON persons.birth_certificate_no = certificate.birth_cert
        JOIN records USING (person_id)
        JOIN current_enrolments AS e ON replace(e.enrolment_id, 'nsnp:E', 'nsnp:N') = records.household_key
        JOIN registry.persons AS written USING (record_id)
        WHERE certificate.days_absent::INT * 100 >= 20 * certificate.days_open::INT
            AND written.birth_certificate_no IS NOT NULL""",
        """
        SELECT DISTINCT written.birth_certificate_no
        FROM marts.rpt_risk_flags AS flags JOIN linkage.persons_crosswalk USING (person_uid)
        JOIN registry.persons AS written USING (record_id)
        WHERE rule_code = 'absent_from_school' AND written.birth_certificate_no IS NOT NULL""",
    )
    assert (missed, invented) == ([], [])
    (wrong,) = con.execute("""
        SELECT count(*) FROM marts.rpt_risk_flags
        JOIN (SELECT person_uid, sum(weight) AS total FROM marts.rpt_risk_flags GROUP BY ALL) USING (person_uid)
        WHERE person_score <> total OR use_limit <> 'for inspection only'
    """).fetchone()
    assert wrong == 0


def test_exits_due_are_the_truths(con, few):
    """The dead and emigrated whom the register knows; households whose youngest living member has reached 23."""
    benefits = "program IN ('OPCT', 'PWSD-CT')"
    missed, invented = differ(
        con,
        f"SELECT enrolment_id FROM current_enrolments SEMI JOIN known_dead USING (person_id) WHERE {benefits}",
        "SELECT enrolment_id FROM marts.rpt_exits_due WHERE reason_code = 'beneficiary_died'",
    )
    assert invented == []
    assert len(missed) <= few
    missed, invented = differ(
        con,
        f"""
        SELECT enrolment_id FROM current_enrolments JOIN persons USING (person_id) CROSS JOIN as_at
        WHERE {benefits} AND emigrated_date <= day AND register_id IS NOT NULL AND death_date IS NULL""",
        "SELECT enrolment_id FROM marts.rpt_exits_due WHERE reason_code = 'beneficiary_emigrated'",
    )
    assert invented == []
    assert len(missed) <= few
    missed, invented = differ(
        con,
        """
        SELECT e.enrolment_id FROM current_enrolments AS e
        JOIN records ON records.household_key = e.enrolment_id
        JOIN persons ON persons.person_id = records.person_id CROSS JOIN as_at
        WHERE e.program = 'CT-OVC' AND persons.death_date IS NULL AND persons.emigrated_date IS NULL
        GROUP BY e.enrolment_id, day HAVING max(persons.birth_date) + INTERVAL 23 YEAR <= day""",
        "SELECT enrolment_id FROM marts.rpt_exits_due WHERE reason_code = 'aged_out' AND verdict = 'due'",
    )
    assert invented == []
    # A birth date written down wrongly, or a death or emigration that the register has not heard of.
    assert len(missed) <= 3
    assert con.execute("SELECT count(*) > 1 FROM marts.rpt_exits_due WHERE reason_code = 'aged_out'").fetchone()[0]


def test_entries_and_exits_add_up_to_the_truths(con):
    for direction, date in (("in", "enrolled_date"), ("out", "exit_date")):
        assert differ(
            con,
            f"SELECT program, {date}, count(*) FROM enrolments "
            f"WHERE status <> 'standby' AND {date} IS NOT NULL GROUP BY ALL",
            "SELECT program, movement_date, count(*) FROM marts.rpt_movements "
            f"WHERE direction = '{direction}' GROUP BY ALL",
        ) == ([], []), direction


def test_changes_of_program_are_the_truths(con, few):
    """Of people recognised in both programs; a second person of a household who joins another program is no change."""
    missed, invented = differ(
        con,
        """
        SELECT a.enrolment_id, b.enrolment_id FROM enrolments AS a JOIN enrolments AS b
        ON a.person_id = b.person_id AND a.program <> b.program AND b.status <> 'standby'
            AND b.enrolled_date BETWEEN a.exit_date AND a.exit_date + INTERVAL 180 DAY""",
        "SELECT enrolment_id, other_enrolment_id FROM marts.rpt_movements "
        "WHERE direction = 'out' AND movement = 'changed_program'",
    )
    assert invented == []
    assert len(missed) <= few


def test_updates_and_reassessments_due_follow_from_the_systems_own_dates(con):
    interviews = """
        SELECT 'nsnp:' || HhId AS household_id, InterviewDate::DATE AS day FROM mirror_nsnp.Household
        UNION ALL SELECT 'ctovc:' || HH_NO, strptime(INTERVIEW_DATE, '%d/%m/%Y')::DATE FROM mirror_ctovc.HOUSEHOLDS
        UNION ALL SELECT 'hsnp:' || hh_id, interview_date::DATE FROM mirror_hsnp.household
        UNION ALL SELECT 'cfa:' || household_ref, surveyed_at::TIMESTAMP::DATE FROM mirror_cfa.scope_household"""
    con.execute(f"""
        CREATE TEMP TABLE interviewed AS
        SELECT e.enrolment_id, e.program, e.enrolled_date, household_id, i.day AS interviewed_on, as_at.day AS today
        FROM enrolments AS e JOIN ({interviews}) AS i ON i.household_id = replace(e.enrolment_id, 'nsnp:E', 'nsnp:N')
        CROSS JOIN as_at WHERE e.status <> 'exited'""")
    assert differ(
        con,
        "SELECT household_id, interviewed_on FROM interviewed WHERE interviewed_on + INTERVAL 24 MONTH <= today",
        "SELECT household_id, last_updated_date FROM marts.rpt_updates_due WHERE verdict = 'due'",
    ) == ([], [])
    assert differ(
        con,
        """
        SELECT enrolment_id FROM interviewed SEMI JOIN current_enrolments USING (enrolment_id)
        JOIN (VALUES ('PWSD-CT', 36), ('CT-OVC', 60), ('HSNP', 60)) AS rules (program, months) USING (program)
        WHERE greatest(enrolled_date, interviewed_on) + to_months(months) <= today""",
        "SELECT enrolment_id FROM marts.rpt_reassessment_due WHERE verdict = 'due'",
    ) == ([], [])


def test_findings_decided_elsewhere_are_not_asked_twice(demo):
    """Who is not verified, and duplicates, have sheets of their own: the Payroll sheet does not ask again."""
    manifests = sorted((demo.home / "exceptions").glob("*/*/manifest.json"))
    in_files = sum(json.loads(path.read_text())["rows"]["Payroll"] for path in manifests)
    with demo.warehouse() as con:
        (findings,) = con.execute(
            "SELECT count(*) FROM marts.rpt_payroll_pre WHERE decided_under = 'payroll' AND program IS NOT NULL"
        ).fetchone()
    assert in_files == findings > 0
