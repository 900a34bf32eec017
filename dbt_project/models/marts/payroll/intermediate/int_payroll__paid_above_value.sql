-- More than the program's value for the period. What settles exactly what was left open is arrears, not a fault.
select
    lines.enrolment_id,
    any_value(enrolments.recipient_record_id) as record_id,
    sum(lines.amount_paid - lines.full_value - lines.arrears_paid) as amount_at_stake,
    min(lines.period_start) as first_date,
    max(lines.period_end) as last_date,
    count(*) || ' payments above the value, the highest ' || max(lines.amount_paid) || ' for '
    || arg_max(lines.full_value, (lines.amount_paid, lines.full_value)) as evidence,
    {{ evidence_said(
        "'paid_above_value'",
        {
            'payments': 'count(*)', 'amount': 'max(lines.amount_paid)',
            'value': 'arg_max(lines.full_value, (lines.amount_paid, lines.full_value))'
        }
    ) }} as evidence_said
from {{ ref('int_payroll_lines') }} as lines
inner join {{ ref('fct_enrolments') }} as enrolments on enrolments.enrolment_id = lines.enrolment_id
where lines.amount_paid > lines.full_value + lines.arrears_paid
group by lines.enrolment_id
