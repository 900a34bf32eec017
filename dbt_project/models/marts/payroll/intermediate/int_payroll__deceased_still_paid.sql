-- The register says that the recipient died, and money was paid for a period that began afterwards; where it does not
-- know the day, the recipient is on the program's latest payroll.
select
    enrolments.enrolment_id,
    enrolments.recipient_record_id as record_id,
    sum(payments.amount_paid) as amount_at_stake,
    min(payments.period_start) as first_date,
    max(payments.period_end) as last_date,
    'died ' || any_value(persons.death_date) || ' in the register; '
    || count(*) || ' payments for later periods' as evidence,
    {{ evidence_said("'deceased_still_paid'", {'date': 'any_value(persons.death_date)', 'payments': 'count(*)'}) }} as evidence_said
from {{ ref('fct_enrolments') }} as enrolments
-- The death may stand on another record of the same person.
inner join {{ ref('dim_person') }} as persons on persons.person_uid = enrolments.person_uid and persons.death_date is not null
inner join {{ ref('fct_payments') }} as payments
    on payments.enrolment_id = enrolments.enrolment_id
    and payments.amount_paid > 0
    and payments.period_start > persons.death_date
group by enrolments.enrolment_id, enrolments.recipient_record_id
union all
select
    enrolments.enrolment_id,
    enrolments.recipient_record_id,
    latest.amount_due,
    latest.first_date,
    latest.last_date,
    'the register says dead, on a day it does not know; on the payroll of ' || latest.cycle_id || ', '
    || latest.amount_paid || ' paid',
    {{ evidence_said("'deceased_some_day_on_payroll'", {'cycle': 'latest.cycle_id', 'amount': 'latest.amount_paid'}) }}
from {{ ref('fct_enrolments') }} as enrolments
inner join {{ ref('dim_person') }} as persons
    on persons.person_uid = enrolments.person_uid and persons.is_deceased and persons.death_date is null
inner join {{ ref('int_latest_payroll') }} as latest on latest.enrolment_id = enrolments.enrolment_id
