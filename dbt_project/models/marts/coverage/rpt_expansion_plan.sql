-- The plan against what was attained: at the end of each financial year, or on the reporting date while it lasts. Where
-- nothing was planned and somebody is enrolled there is a row too.
with years as (
    select
        financial_year,
        make_date(try_cast(left(financial_year, 4) as bigint), {{ var('financial_year_first_month') }}::bigint, 1::bigint) as year_from
    from (select distinct financial_year from {{ ref('int_expansion_plan') }})
),

spans as (
    select
        financial_year,
        year_from,
        cast(year_from + interval 1 year - interval 1 day as date) as year_to,
        case when year_from is not null then least({{ reporting_date() }}, cast(year_from + interval 1 year - interval 1 day as date)) end
            as counted_on
    from years
),

enrolments as (
    select
        program, county_code, household_uid, is_source_stale,
        -- Whoever was paid was enrolled, if not in the books.
        coalesce(enrolled_date, first_paid_period_start) as since,
        valid_to as until
    from {{ ref('fct_enrolments') }}
    where status <> 'standby' and coalesce(enrolled_date, first_paid_period_start) is not null
),

attained as (
    select
        enrolments.program,
        enrolments.county_code,
        spans.financial_year,
        count(distinct enrolments.household_uid) filter (
            where enrolments.since <= spans.counted_on and (enrolments.until is null or enrolments.until > spans.counted_on)
        ) as households_enrolled,
        count(distinct enrolments.household_uid) filter (
            where enrolments.since between spans.year_from and spans.counted_on
        ) as households_entered,
        count(distinct enrolments.household_uid) filter (
            where enrolments.until between spans.year_from and spans.counted_on
        ) as households_left,
        bool_or(enrolments.is_source_stale) as is_source_stale
    from enrolments
    cross join spans
    where spans.year_from is not null
    group by enrolments.program, enrolments.county_code, spans.financial_year
),

together as (
    select
        coalesce(plan.program, attained.program) as program,
        coalesce(plan.county_code, attained.county_code) as county_code,
        coalesce(plan.financial_year, attained.financial_year) as financial_year,
        plan.households_planned,
        coalesce(attained.households_enrolled, 0) as households_enrolled,
        coalesce(attained.households_entered, 0) as households_entered,
        coalesce(attained.households_left, 0) as households_left,
        attained.is_source_stale
    from {{ ref('int_expansion_plan') }} as plan
    full join attained
        on attained.program = plan.program
        and attained.county_code = plan.county_code
        and attained.financial_year = plan.financial_year
)

select
    md5(concat_ws('|', together.program, coalesce(together.county_code, '-'), together.financial_year)) as plan_id,
    together.program,
    together.county_code,
    counties.county_name,
    together.financial_year,
    spans.year_from,
    spans.year_to,
    spans.counted_on,
    spans.year_from <= {{ reporting_date() }} as has_begun,
    cast(together.households_planned as bigint) as households_planned,
    -- Empty, not nought, where the year cannot be read.
    case when spans.year_from is not null then together.households_enrolled end as households_enrolled,
    case when spans.year_from is not null then together.households_entered end as households_entered,
    case when spans.year_from is not null then together.households_left end as households_left,
    case when spans.year_from is not null then together.households_enrolled - together.households_planned end
        as households_above_plan,
    case when spans.year_from is not null then round(together.households_enrolled / nullif(together.households_planned, 0), 4) end
        as attainment_rate,
    {{ any_source_stale('programs.is_source_stale or together.is_source_stale', codes="'plan'") }} as is_source_stale
from together
inner join spans on spans.financial_year = together.financial_year
left join {{ ref('dim_program') }} as programs on programs.program = together.program
left join {{ ref('dim_area') }} as counties on counties.area_code = together.county_code
