{{ config(alias='households') }}

-- Households of beneficiaries, each in the finest area that the crosswalk knows.
with enrolled as (
    -- A household has one state here: the most favourable of its enrolments.
    select
        household_id,
        min_by(status, case status when 'active' then 1 when 'suspended' then 2 when 'standby' then 3 else 4 end) as status
    from {{ ref('int_enrolments_received') }}
    where reject_reason is null and status in ({{ statuses_in_scope() }})
    group by household_id
),

received as (
    select households.*, enrolled.status
    from {{ ref('int_households_received') }} as households
    inner join enrolled on enrolled.household_id = households.household_id
    where households.reject_reason is null
),

written as (
    -- What an area was called depends on when it was written down.
    select
        household_id, area_system, area_key_1, area_key_2, area_key_3,
        coalesce(interview_date, {{ reporting_date() }}) as written_date
    from received
),

candidates as (
    -- Finest first: all three keys, then two, then one.
    select written.household_id, written.written_date, crosswalk.area_code, crosswalk.valid_from, crosswalk.valid_to, 3 as keys_used
    from written
    inner join {{ ref('area_crosswalk') }} as crosswalk
        on crosswalk.area_system = written.area_system
        and crosswalk.key_1 = written.area_key_1
        and crosswalk.key_2 = written.area_key_2
        and crosswalk.key_3 = written.area_key_3
    union all
    select written.household_id, written.written_date, crosswalk.area_code, crosswalk.valid_from, crosswalk.valid_to, 2
    from written
    inner join {{ ref('area_crosswalk') }} as crosswalk
        on crosswalk.area_system = written.area_system
        and crosswalk.key_1 = written.area_key_1
        and crosswalk.key_2 = written.area_key_2
    where crosswalk.key_3 is null
    union all
    select written.household_id, written.written_date, crosswalk.area_code, crosswalk.valid_from, crosswalk.valid_to, 1
    from written
    inner join {{ ref('area_crosswalk') }} as crosswalk
        on crosswalk.area_system = written.area_system
        and crosswalk.key_1 = written.area_key_1
    where crosswalk.key_2 is null and crosswalk.key_3 is null
),

mapped as (
    -- A row in force on the day wins over a finer row that was not; then the finest, then the latest.
    select
        household_id,
        arg_max(
            area_code,
            (
                valid_from <= written_date and coalesce(valid_to >= written_date, true),
                keys_used, valid_from, area_code
            )
        ) as area_code
    from candidates
    group by household_id
),

members as (
    select household_id, count(*) as member_count
    from {{ ref('int_persons_received') }}
    where reject_reason is null
    group by household_id
),

past as (
    {{ past_retention('household') }}
)

select
    received.household_id,
    received.source,
    received.source_table,
    received.loaded_run_id,
    received.loaded_at,
    received.program,
    received.status,
    mapped.area_code,
    areas.county_code,
    areas.level as area_level,
    received.area_system,
    received.area_key_1,
    received.area_key_2,
    received.area_key_3,
    {{ unless_past('received.area_given') }} as area_given,
    {{ unless_past('received.village') }} as village,
    {{ unless_past('received.address') }} as address,
    {{ unless_past('received.landmark') }} as landmark,
    {{ unless_past('received.latitude') }} as latitude,
    {{ unless_past('received.longitude') }} as longitude,
    {{ unless_past('received.phone') }} as phone,
    received.interview_date,
    {{ unless_past('received.dwelling_wall') }} as dwelling_wall,
    {{ unless_past('received.dwelling_roof') }} as dwelling_roof,
    {{ unless_past('received.owns_livestock') }} as owns_livestock,
    {{ unless_past('received.monthly_income') }} as monthly_income,
    {{ unless_past('received.monthly_expenditure') }} as monthly_expenditure,
    {{ unless_past('received.meals_a_day') }} as meals_a_day,
    coalesce(members.member_count, 0) as member_count,
    received.updated_at
from received
left join mapped on mapped.household_id = received.household_id
left join {{ ref('areas') }} as areas on areas.area_code = mapped.area_code
left join members on members.household_id = received.household_id
left join past on past.id = case when received.status = 'exited' then received.household_id end
