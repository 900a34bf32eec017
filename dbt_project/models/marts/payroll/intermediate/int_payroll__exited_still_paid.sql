-- Money for a period that began after the exit; where nobody wrote down its day, a line in the program's latest cycle.
select
    enrolments.enrolment_id,
    enrolments.recipient_record_id as record_id,
    sum(payments.amount_paid) as amount_at_stake,
    min(payments.period_start) as first_date,
    max(payments.period_end) as last_date,
    'exited ' || any_value(enrolments.exit_date) || coalesce(' (' || lower(any_value(enrolments.exit_reason)) || ')', '')
    || '; ' || count(*) || ' payments for later periods' as evidence,
    {{ evidence_said(
        "case when any_value(enrolments.exit_reason) is null then 'exited_still_paid' else 'exited_for_still_paid' end",
        {'date': 'any_value(enrolments.exit_date)', 'exit_reason': 'lower(any_value(enrolments.exit_reason))', 'payments': 'count(*)'}
    ) }} as evidence_said
from {{ ref('fct_enrolments') }} as enrolments
inner join {{ ref('fct_payments') }} as payments
    on payments.enrolment_id = enrolments.enrolment_id
    and payments.amount_paid > 0
    and payments.period_start > enrolments.exit_date
group by enrolments.enrolment_id, enrolments.recipient_record_id
union all
select
    enrolments.enrolment_id,
    enrolments.recipient_record_id,
    latest.amount_due,
    latest.first_date,
    latest.last_date,
    'exited on an unknown day; on the payroll of ' || latest.cycle_id || ', ' || latest.amount_paid || ' paid',
    {{ evidence_said("'exited_some_day_on_payroll'", {'cycle': 'latest.cycle_id', 'amount': 'latest.amount_paid'}) }}
from {{ ref('fct_enrolments') }} as enrolments
inner join {{ ref('int_latest_payroll') }} as latest on latest.enrolment_id = enrolments.enrolment_id
where enrolments.status = 'exited' and enrolments.exit_date is null
