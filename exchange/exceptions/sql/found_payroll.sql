-- What the pre-payroll checks found, for the program that pays; what the other sheets tell with their own evidence is
-- decided there.
CREATE OR REPLACE TEMP TABLE found_payroll AS
SELECT
    'E' || upper(left(sha256(concat_ws('|', program, 'payroll', enrolment_id, reason_code)), 16)) AS exception_id,
    'payroll' AS kind,
    program,
    NULL::VARCHAR AS match_id,
    concat_ws('|', reason_code, record_id) AS basis,
    enrolment_id,
    record_id,
    household_id,
    enrolment_status,
    reason_code AS check_name,
    severity,
    first_date,
    last_date,
    -- A check of a country's own may tell its evidence in words alone.
    coalesce(phrases_of(evidence_said), as_written(rpt_payroll_pre.evidence)) AS evidence,
    NULL::DOUBLE AS certainty,
    amount_at_stake,
    phrase(CASE severity
        WHEN 'high' THEN 'before_next_payment'
        WHEN 'medium' THEN 'in_this_cycle'
        ELSE 'when_convenient'
    END) AS suggested_action
FROM marts.rpt_payroll_pre
WHERE list_contains($programs::VARCHAR[], program) AND decided_under = 'payroll'
QUALIFY row_number() OVER (PARTITION BY program, enrolment_id, reason_code ORDER BY amount_at_stake DESC, rpt_payroll_pre.evidence) = 1
