-- An ID number of the recipient or caregiver that cannot be one.
with invalid as (
    select record_id, national_id_given
    from {{ ref('int_persons') }}
    where national_id is null and national_id_given is not null
),

-- Once a person, though they may collect for themselves. A join on either of the two compared all with all.
collectors as (
    select distinct
        enrolment_id,
        first_paid_period_start,
        last_paid_period_end,
        unnest([recipient_record_id, caregiver_record_id]) as record_id
    from {{ ref('fct_enrolments') }}
    where status in ('active', 'suspended')
)

select
    collectors.enrolment_id,
    any_value(persons.record_id) as record_id,
    cast(null as decimal(18, 2)) as amount_at_stake,
    any_value(collectors.first_paid_period_start) as first_date,
    any_value(collectors.last_paid_period_end) as last_date,
    'the ID number given is not well-formed: ' || string_agg(persons.national_id_given, ', ' order by persons.record_id) as evidence,
    {{ evidence_said(
        "'invalid_national_id'", {'given': "string_agg(persons.national_id_given, ', ' order by persons.record_id)"}
    ) }} as evidence_said
from collectors
inner join invalid as persons on persons.record_id = collectors.record_id
group by collectors.enrolment_id
