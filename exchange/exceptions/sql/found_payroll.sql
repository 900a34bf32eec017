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
    replace(reason_code, '_', ' ') AS check_name,
    severity,
    first_date,
    last_date,
    evidence AS evidence_text,
    NULL::DOUBLE AS certainty,
    amount_at_stake,
    CASE severity
        WHEN 'high' THEN 'Look into it before the next payment'
        WHEN 'medium' THEN 'Look into it in this cycle'
        ELSE 'Correct when convenient'
    END AS suggested_action
FROM marts.rpt_payroll_pre
WHERE list_contains($programs::VARCHAR[], program) AND decided_under = 'payroll'
QUALIFY row_number() OVER (PARTITION BY program, enrolment_id, reason_code ORDER BY amount_at_stake DESC, evidence) = 1
