-- Marked as paid, and less than was scheduled.
select
    lines.enrolment_id,
    any_value(enrolments.recipient_record_id) as record_id,
    sum(lines.amount_due - lines.amount_paid) as amount_at_stake,
    min(lines.period_start) as first_date,
    max(lines.period_end) as last_date,
    count(*) || ' payments are marked paid and are short of what was due, by '
    || sum(lines.amount_due - lines.amount_paid) || ' together' as evidence,
    {{ evidence_said(
        "'totals_differ'", {'payments': 'count(*)', 'amount': 'sum(lines.amount_due - lines.amount_paid)'}
    ) }} as evidence_said
from {{ ref('int_payroll_lines') }} as lines
inner join {{ ref('fct_enrolments') }} as enrolments on enrolments.enrolment_id = lines.enrolment_id
where lines.status = 'paid' and lines.amount_paid < lines.amount_due
group by lines.enrolment_id
