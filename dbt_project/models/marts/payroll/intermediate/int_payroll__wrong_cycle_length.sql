-- Lines for more or fewer months than the program's cycle had at the time.
select
    lines.enrolment_id,
    any_value(enrolments.recipient_record_id) as record_id,
    sum(lines.amount_due) as amount_at_stake,
    min(lines.period_start) as first_date,
    max(lines.period_end) as last_date,
    count(*) || ' payments for ' || string_agg(distinct cast(lines.months as varchar), ', ' order by cast(lines.months as varchar))
    || ' months, where a cycle had ' || max(lines.months_per_cycle) as evidence,
    {{ evidence_said(
        "'wrong_cycle_length'",
        {
            'payments': 'count(*)', 'cycle_months': 'max(lines.months_per_cycle)',
            'months': "string_agg(distinct cast(lines.months as varchar), ', ' order by cast(lines.months as varchar))"
        }
    ) }} as evidence_said
from {{ ref('int_payroll_lines') }} as lines
inner join {{ ref('fct_enrolments') }} as enrolments on enrolments.enrolment_id = lines.enrolment_id
where lines.months <> lines.months_per_cycle
group by lines.enrolment_id
