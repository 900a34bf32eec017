-- Findings of the population register on those who receive or collect money now: one row a record.
CREATE OR REPLACE TEMP TABLE found_verification AS
WITH receiving AS (
    SELECT unnest([recipient_record_id, beneficiary_record_id, caregiver_record_id]) AS record_id, *
    FROM marts.fct_enrolments
    WHERE status IN ('active', 'suspended')
),

paid_lately AS (
    SELECT payments.enrolment_id, sum(payments.amount_due) AS amount
    FROM marts.fct_payments AS payments
    INNER JOIN marts.dim_payment_cycle AS cycles ON cycles.cycle_id = payments.cycle_id AND cycles.cycles_back = 1
    GROUP BY payments.enrolment_id
),

paid_after_death AS (
    SELECT verification.record_id, sum(payments.amount_paid) AS amount
    FROM marts.rpt_verification AS verification
    INNER JOIN marts.fct_payments AS payments
        ON payments.recipient_record_id = verification.record_id
        AND payments.period_start > verification.register_death_date
    WHERE verification.status = 'deceased'
    GROUP BY verification.record_id
),

records AS (
    SELECT
        record_id,
        arg_min(receiving.enrolment_id, (receiving.status, receiving.enrolment_id)) AS enrolment_id,
        arg_min(receiving.status, (receiving.status, receiving.enrolment_id)) AS enrolment_status,
        sum(paid_lately.amount) AS amount
    FROM (SELECT DISTINCT record_id, enrolment_id, status FROM receiving WHERE record_id IS NOT NULL) AS receiving
    LEFT JOIN paid_lately ON paid_lately.enrolment_id = receiving.enrolment_id
    GROUP BY record_id
)

SELECT
    'E' || upper(left(sha256(concat_ws(
        '|', verification.program, 'verification', verification.record_id, verification.status
    )), 16)) AS exception_id,
    'verification' AS kind,
    verification.program,
    -- What a program writes to the secretariat about: the finding itself, as there is no second record.
    NULL::VARCHAR AS match_id,
    records.enrolment_id,
    verification.record_id,
    verification.household_id,
    records.enrolment_status,
    CASE verification.status
        WHEN 'id_shared' THEN 'ID shared'
        WHEN 'not_found' THEN 'not found'
        WHEN 'could_not_check' THEN 'could not check'
        ELSE verification.status
    END AS finding,
    replace(verification.mismatched_fields, '_', ' ') AS fields,
    CASE verification.status
        WHEN 'deceased' THEN coalesce(
            'The population register says that this person died on ' || verification.register_death_date || '.',
            'The population register says that this person has died; it gives no date.'
        )
        WHEN 'mismatch' THEN coalesce(
            'The ID number is in the register, where these details differ: '
            || replace(verification.mismatched_fields, '_', ' ') || '.',
            'The ID number is in the register, where other details differ.'
        )
        WHEN 'id_shared' THEN 'More than one person in the programs carries this ID number.'
        WHEN 'not_found' THEN
            'We looked in the register by ID number and by name and birth date, and found nobody.'
        ELSE CASE WHEN verification.has_national_id
            THEN 'We could not look: the register gave no answer. This says nothing about the person.'
            ELSE 'We could not look: the record has no usable ID number, and its other details do not suffice. '
                 'This says nothing about the person.'
        END
    END AS evidence_text,
    verification.match_probability AS certainty,
    CASE verification.status
        WHEN 'deceased' THEN coalesce(paid_after_death.amount, 0)
        ELSE coalesce(records.amount, 0)
    END::DECIMAL(18, 2) AS amount_at_stake,
    CASE verification.status
        WHEN 'deceased' THEN 'Confirm the death on the spot; then exit or replace'
        WHEN 'mismatch' THEN 'Compare with the ID card; correct your record or report the register'
        WHEN 'id_shared' THEN 'See the ID cards of all who carry this number'
        WHEN 'not_found' THEN 'See the ID card; help the person to register if there is none'
        ELSE 'Record the ID number, or help the person to get one; do not stop the payment for this'
    END AS suggested_action
FROM marts.rpt_verification AS verification
INNER JOIN records ON records.record_id = verification.record_id
LEFT JOIN paid_after_death ON paid_after_death.record_id = verification.record_id
WHERE verification.status IN ('deceased', 'mismatch', 'id_shared', 'not_found', 'could_not_check')
    AND list_contains($programs::VARCHAR[], verification.program)
