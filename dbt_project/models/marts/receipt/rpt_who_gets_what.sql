-- Who receives what, how much, where, when. One row a person, program and cycle.
-- The money stands once, on the recipient's row; members of a household that receives are covered without an amount.
-- Who merely collects for a household she does not belong to has the money on her row, and is not covered by it.
{%- set place = "(is_recipient, coalesce(amount_due, 0), coalesce(household_uid, ''), coalesce(area_code, ''))" %}
with payments as (
    select payments.*, coalesce(enrolments.is_recipient_of_household, true) as is_of_household
    from {{ ref('fct_payments') }} as payments
    left join {{ ref('fct_enrolments') }} as enrolments on enrolments.enrolment_id = payments.enrolment_id
),

received as (
    select
        person_uid, program, cycle_id, household_uid, area_code, county_code, amount_due, amount_paid, payment_id,
        true as is_recipient, is_of_household as is_covered, is_source_stale
    from payments
),

covered as (
    -- Everybody in the household whose benefit it is; the amounts are empty, not nought.
    select distinct
        {{ uid_or_own('crosswalk.person_uid', 'persons.record_id') }} as person_uid,
        payments.program,
        payments.cycle_id,
        payments.household_uid,
        payments.area_code,
        payments.county_code,
        cast(null as decimal(18, 2)) as amount_due,
        cast(null as decimal(18, 2)) as amount_paid,
        cast(null as string) as payment_id,
        false as is_recipient,
        true as is_covered,
        payments.is_source_stale
    from payments
    inner join {{ ref('dim_program') }} as programs
        on programs.program = payments.program and programs.benefit_unit = 'household'
    inner join {{ ref('int_persons') }} as persons on persons.household_id = payments.household_id
    left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk on crosswalk.record_id = persons.record_id
    where payments.is_of_household or persons.record_id is distinct from payments.recipient_record_id
),

rows_of_persons as (
    select * from received
    union all
    select * from covered
)

select
    person_uid,
    program,
    cycle_id,
    cast(sum(amount_due) as decimal(18, 2)) as amount_due,
    cast(sum(amount_paid) as decimal(18, 2)) as amount_paid,
    count(payment_id) as payments,
    bool_or(is_recipient) as is_recipient,
    bool_or(is_covered) as is_covered,
    -- A person paid in two places in one cycle stands where the most was due; fct_payments keeps each place.
    {{ value_at_greatest('household_uid', place) }} as household_uid,
    {{ value_at_greatest('area_code', place) }} as area_code,
    {{ value_at_greatest('county_code', place) }} as county_code,
    bool_or(is_source_stale) as is_source_stale
from rows_of_persons
group by person_uid, program, cycle_id
