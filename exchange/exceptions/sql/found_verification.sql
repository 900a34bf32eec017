-- Findings of the population register on those who receive or collect money now: one row a record. Where the register
-- could not be asked, the findings of earlier runs stand (is_checked is false), and nothing new is said of anybody.
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
    WHERE verification.status IN ('deceased', 'could_not_check')
    GROUP BY verification.record_id
),

-- Registers that are asked by ID cannot be searched by names.
registers AS (
    SELECT count(*) > 0 AND coalesce(bool_and(is_asked_by_id), false) AS are_asked_by_id
    FROM ops.sources
    WHERE kind = 'register'
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
),

checked AS (
    SELECT verification.*, verification.status AS finding, true AS is_checked
    FROM marts.rpt_verification AS verification
    WHERE verification.status IN ('deceased', 'mismatch', 'id_shared', 'not_found')
        OR verification.could_not_check_reason IN ('not_enough_details', 'no_id_to_ask_with')
),

kept AS (
    -- The number of a finding tells whether it was made: it is made from record and status.
    SELECT verification.*, statuses.status AS finding, false AS is_checked
    FROM marts.rpt_verification AS verification
    INNER JOIN records ON records.record_id = verification.record_id
    CROSS JOIN (VALUES ('deceased'), ('mismatch'), ('id_shared'), ('not_found')) AS statuses (status)
    WHERE verification.could_not_check_reason IN (
        'register_not_available', 'not_asked_yet', 'register_did_not_answer', 'answer_unusable', 'answer_out_of_date'
    )
),

numbered AS (
    SELECT
        *,
        'E' || upper(left(sha256(concat_ws('|', program, 'verification', record_id, finding)), 16)) AS exception_id
    FROM (SELECT * FROM checked UNION ALL SELECT * FROM kept)
)

SELECT
    verification.exception_id,
    verification.is_checked,
    'verification' AS kind,
    verification.program,
    -- What a program writes to the secretariat about: the finding itself, as there is no second record.
    NULL::VARCHAR AS match_id,
    -- Other details that differ, or another day of death, is another case.
    concat_ws('|', verification.finding, verification.mismatched_fields, verification.register_death_date) AS basis,
    records.enrolment_id,
    verification.record_id,
    verification.household_id,
    records.enrolment_status,
    verification.finding,
    nullif(verification.mismatched_fields, '') AS fields,
    CASE verification.finding
        WHEN 'deceased' THEN if(
            verification.register_death_date IS NULL, phrase('died'),
            phrase('died_on', MAP {'date': verification.register_death_date::VARCHAR})
        )
        WHEN 'mismatch' THEN CASE
            WHEN verification.mismatched_fields = 'national_id'
                THEN phrase(if(verification.match_key = 'same_person', 'found_by_another_record', 'found_by_names'))
            WHEN coalesce(verification.mismatched_fields, '') = '' THEN phrase('other_details_differ')
            ELSE phrase('details_differ', MAP {'field': verification.mismatched_fields})
        END
        WHEN 'id_shared' THEN list_concat(
            CASE WHEN verification.id_carriers > 1
                THEN phrase('carriers', MAP {'persons': verification.id_carriers::VARCHAR})
            END,
            CASE WHEN verification.mismatched_fields <> ''
                THEN phrase('somebody_else', MAP {'field': verification.mismatched_fields})
            END,
            CASE WHEN verification.id_carriers <= 1 AND coalesce(verification.mismatched_fields, '') = ''
                THEN phrase('also_somebody_else')
            END,
            CASE WHEN verification.register_death_date IS NOT NULL
                THEN phrase('match_died_on', MAP {'date': verification.register_death_date::VARCHAR})
            END
        )
        WHEN 'not_found' THEN phrase(if(registers.are_asked_by_id, 'not_found_by_id', 'not_found'))
        ELSE phrase(
            if(verification.could_not_check_reason = 'no_id_to_ask_with', 'no_id_to_ask_with', 'not_enough_details')
        )
    END AS evidence,
    verification.match_probability AS certainty,
    CASE verification.finding
        WHEN 'deceased' THEN coalesce(paid_after_death.amount, 0)
        ELSE coalesce(records.amount, 0)
    END::DECIMAL(18, 2) AS amount_at_stake,
    phrase(CASE verification.finding
        WHEN 'deceased' THEN 'confirm_death'
        WHEN 'mismatch' THEN 'compare_id_card'
        WHEN 'id_shared' THEN 'see_all_id_cards'
        WHEN 'not_found' THEN 'see_id_card'
        ELSE 'record_id_number'
    END) AS suggested_action
FROM numbered AS verification
INNER JOIN records ON records.record_id = verification.record_id
CROSS JOIN registers
LEFT JOIN paid_after_death ON paid_after_death.record_id = verification.record_id
LEFT JOIN ops.exceptions AS known ON known.exception_id = verification.exception_id AND known.status NOT IN ('gone', 'closed')
WHERE (verification.is_checked OR known.exception_id IS NOT NULL)
    AND list_contains($programs::VARCHAR[], verification.program)
