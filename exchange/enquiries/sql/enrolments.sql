-- The enrolments that a person has a part in, now or before, with the last payment of each, and its last payment lines;
-- is_own: whether it is of the program or county that asks.
WITH records AS (
    SELECT record_id, household_id FROM snapshot.marts.rpt_verification WHERE person_uid = $person_uid
),

parts AS (
    SELECT enrolments.enrolment_id, unnest(list_filter([
        if(enrolments.beneficiary_record_id = records.record_id, 'beneficiary', NULL),
        if(enrolments.recipient_record_id = records.record_id, 'recipient', NULL),
        if(enrolments.caregiver_record_id = records.record_id, 'caregiver', NULL),
        if(enrolments.benefit_unit = 'household' AND enrolments.household_id = records.household_id, 'member', NULL)
    ], lambda role: role IS NOT NULL)) AS role
    FROM snapshot.marts.fct_enrolments AS enrolments
    INNER JOIN records
        ON records.record_id IN (
            enrolments.beneficiary_record_id, enrolments.recipient_record_id, enrolments.caregiver_record_id
        )
        OR records.household_id = enrolments.household_id
),

roles AS (
    SELECT enrolment_id, list(DISTINCT role ORDER BY role) AS roles FROM parts GROUP BY enrolment_id
),

last_paid AS (
    SELECT enrolment_id, paid_date, amount_paid, period_end
    FROM snapshot.marts.fct_payments
    WHERE amount_paid > 0 AND enrolment_id IN (SELECT enrolment_id FROM roles)
    QUALIFY row_number() OVER (
        PARTITION BY enrolment_id ORDER BY coalesce(paid_date, period_end) DESC, period_end DESC, payment_id DESC
    ) = 1
),

lines AS (
    SELECT
        enrolment_id,
        list({
            'period_start': period_start, 'period_end': period_end, 'amount_due': amount_due::DOUBLE,
            'amount_paid': amount_paid::DOUBLE, 'status': status, 'paid_date': paid_date
        } ORDER BY period_end DESC, payment_id DESC)[:6] AS payments
    FROM snapshot.marts.fct_payments
    WHERE enrolment_id IN (SELECT enrolment_id FROM roles)
    GROUP BY enrolment_id
)

SELECT
    enrolments.enrolment_id, enrolments.program, enrolments.status, roles.roles, enrolments.enrolled_date,
    enrolments.exit_date, last_paid.paid_date AS last_paid_date, last_paid.amount_paid::DOUBLE AS last_paid_amount,
    last_paid.period_end AS last_paid_period_end,
    enrolments.is_source_stale,
    ($program::VARCHAR IS NULL OR enrolments.program = $program) AND ($county::VARCHAR IS NULL OR enrolments.county_code = $county)
        AS is_own,
    lines.payments
FROM roles
INNER JOIN snapshot.marts.fct_enrolments AS enrolments ON enrolments.enrolment_id = roles.enrolment_id
LEFT JOIN last_paid ON last_paid.enrolment_id = enrolments.enrolment_id
LEFT JOIN lines ON lines.enrolment_id = enrolments.enrolment_id
ORDER BY list_position(['active', 'suspended', 'standby', 'exited'], enrolments.status), enrolments.program, enrolments.enrolment_id
