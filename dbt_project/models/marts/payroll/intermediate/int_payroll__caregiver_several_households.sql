-- One person collects for several households.
select
    enrolments.enrolment_id,
    collectors.collector_record_id as record_id,
    cast(null as decimal(18, 2)) as amount_at_stake,
    enrolments.first_paid_period_start as first_date,
    enrolments.last_paid_period_end as last_date,
    'one person collects for ' || collectors.households || ' households' as evidence,
    {{ evidence_said("'caregiver_several_households'", {'households': 'collectors.households'}) }} as evidence_said
from {{ ref('int_collectors') }} as collectors
inner join {{ ref('fct_enrolments') }} as enrolments on enrolments.enrolment_id = collectors.enrolment_id
inner join {{ ref('int_payroll_checks') }} as checks
    on checks.reason_code = 'caregiver_several_households'
    and checks.program = enrolments.program
    and collectors.households >= checks.threshold
where collectors.is_caregiver
