-- Who receives what, how much, where, when. One row a person, program and cycle.
-- The money stands once, on the recipient's row; members of a household that receives are covered without an amount.
-- Who merely collects for a household she does not belong to has the money on her row, and is not covered by it.
with places as (
    -- Numbered in the order that decides below. The greatest text of a group is kept in memory that cannot spill: 25
    -- million groups with three texts each took more than 5.7 GB. The greatest number takes eight bytes.
    select
        row_number() over (
            order by amount_due, household_uid nulls first, area_code nulls first, county_code nulls first
        ) as place,
        amount_due,
        household_uid,
        area_code,
        county_code
    from (
        select distinct coalesce(amount_due, 0) as amount_due, household_uid, area_code, county_code
        from {{ ref('fct_payments') }}
    ) as distinct_places
),

payments as (
    select
        payments.*,
        places.place,
        coalesce(enrolments.is_recipient_of_household, true) as is_of_household
    from {{ ref('fct_payments') }} as payments
    inner join places
        on places.amount_due = coalesce(payments.amount_due, 0)
        and places.household_uid is not distinct from payments.household_uid
        and places.area_code is not distinct from payments.area_code
        and places.county_code is not distinct from payments.county_code
    left join {{ ref('fct_enrolments') }} as enrolments on enrolments.enrolment_id = payments.enrolment_id
),

received as (
    select
        person_uid, program, cycle_id, place, amount_due, amount_paid, payment_id,
        true as is_recipient, is_of_household as is_covered, is_source_stale
    from payments
),

covered as (
    -- Everybody in the household whose benefit it is; the amounts are empty, not nought.
    select
        {{ uid_or_own('crosswalk.person_uid', 'persons.record_id') }} as person_uid,
        payments.program,
        payments.cycle_id,
        payments.place,
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
),

receipts as (
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
        coalesce(max(place) filter (where is_recipient), max(place)) as place,
        bool_or(is_source_stale) as is_source_stale
    from rows_of_persons
    group by person_uid, program, cycle_id
)

select
    receipts.person_uid,
    receipts.program,
    receipts.cycle_id,
    receipts.amount_due,
    receipts.amount_paid,
    receipts.payments,
    receipts.is_recipient,
    receipts.is_covered,
    places.household_uid,
    places.area_code,
    places.county_code,
    receipts.is_source_stale
from receipts
inner join places on places.place = receipts.place
