-- Suspended, and with a line in the program's latest cycle all the same.
select
    enrolments.enrolment_id,
    enrolments.recipient_record_id as record_id,
    latest.amount_due as amount_at_stake,
    latest.first_date,
    latest.last_date,
    'suspended; on the payroll of ' || latest.cycle_id || ', ' || latest.amount_paid || ' paid' as evidence,
    {{ evidence_said("'suspended_on_payroll'", {'cycle': 'latest.cycle_id', 'amount': 'latest.amount_paid'}) }}
        as evidence_said
from {{ ref('fct_enrolments') }} as enrolments
inner join {{ ref('int_latest_payroll') }} as latest on latest.enrolment_id = enrolments.enrolment_id
where enrolments.status = 'suspended'
