-- An ID number of the recipient or caregiver that cannot be one.
select
    enrolments.enrolment_id,
    any_value(persons.record_id) as record_id,
    cast(null as decimal(18, 2)) as amount_at_stake,
    any_value(enrolments.first_paid_period_start) as first_date,
    any_value(enrolments.last_paid_period_end) as last_date,
    'the ID number given is not well-formed: ' || string_agg(persons.national_id_given, ', ' order by persons.record_id) as evidence,
    {{ evidence_said(
        "'invalid_national_id'", {'given': "string_agg(persons.national_id_given, ', ' order by persons.record_id)"}
    ) }} as evidence_said
from {{ ref('fct_enrolments') }} as enrolments
inner join {{ ref('int_persons') }} as persons
    on persons.record_id in (enrolments.recipient_record_id, enrolments.caregiver_record_id)
where enrolments.status in ('active', 'suspended')
    and persons.national_id is null
    and persons.national_id_given is not null
group by enrolments.enrolment_id
