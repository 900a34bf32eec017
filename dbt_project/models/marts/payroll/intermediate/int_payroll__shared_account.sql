-- One account for several enrolments.
select
    enrolments.enrolment_id,
    enrolments.recipient_record_id as record_id,
    cast(null as decimal(18, 2)) as amount_at_stake,
    enrolments.first_paid_period_start as first_date,
    enrolments.last_paid_period_end as last_date,
    'account used by ' || accounts.enrolments_on_account || ' enrolments of ' || accounts.persons_on_account || ' persons' as evidence,
    {{ evidence_said(
        "'shared_account'", {'enrolments': 'accounts.enrolments_on_account', 'persons': 'accounts.persons_on_account'}
    ) }} as evidence_said
from {{ ref('fct_enrolments') }} as enrolments
inner join {{ ref('int_account_use') }} as accounts on accounts.enrolment_id = enrolments.enrolment_id
inner join {{ ref('int_payroll_checks') }} as checks
    on checks.reason_code = 'shared_account'
    and checks.program = enrolments.program
    and accounts.enrolments_on_account >= checks.threshold
