-- What a household receives of all programs together, and what that is a head.
with last_year as (
    select date_trunc('month', {{ reporting_date() }}) - interval 11 month as first_day
),

received as (
    select
        payments.household_uid,
        count(distinct payments.enrolment_id) as enrolments_paid,
        string_agg(distinct payments.program, ', ' order by payments.program) as programs_paid,
        count(distinct payments.person_uid) as recipients,
        sum(payments.amount_due) as amount_due,
        sum(payments.amount_paid) as amount_paid,
        sum(payments.amount_paid) filter (where payments.period_start >= last_year.first_day) as amount_paid_12_months,
        max(payments.paid_date) filter (where payments.amount_paid > 0) as last_paid_date,
        bool_or(payments.is_source_stale) as is_source_stale
    from {{ ref('fct_payments') }} as payments
    cross join last_year
    group by payments.household_uid
)

select
    received.household_uid,
    households.area_code,
    households.county_code,
    households.is_enrolled,
    households.person_count,
    received.programs_paid,
    received.enrolments_paid,
    received.recipients,
    cast(received.amount_due as decimal(18, 2)) as amount_due,
    cast(received.amount_paid as decimal(18, 2)) as amount_paid,
    cast(coalesce(received.amount_paid_12_months, 0) as decimal(18, 2)) as amount_paid_12_months,
    cast(round(coalesce(received.amount_paid_12_months, 0) / 12 / nullif(households.person_count, 0), 2) as decimal(18, 2))
        as amount_paid_a_month_and_person,
    received.last_paid_date,
    received.is_source_stale
from received
left join {{ ref('dim_household') }} as households on households.household_uid = received.household_uid
