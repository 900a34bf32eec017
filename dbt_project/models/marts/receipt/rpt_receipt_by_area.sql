-- What went where: the lines of fct_payments by program, cycle and the finest area of the household's record, so that
-- money sums to the payments whatever areas are put together. Covered members are counted where rpt_who_gets_what has them.
with paid as (
    select
        program,
        cycle_id,
        area_code,
        count(*) as payments,
        count(*) filter (where amount_paid > 0) as payments_paid,
        count(distinct person_uid) as recipients,
        count(distinct household_uid) as households,
        sum(amount_due) as amount_due,
        sum(amount_paid) as amount_paid,
        bool_or(is_source_stale) as is_source_stale
    from {{ ref('fct_payments') }}
    group by program, cycle_id, area_code
),

covered as (
    select program, cycle_id, area_code, count(*) as persons_covered, bool_or(is_source_stale) as is_source_stale
    from {{ ref('rpt_who_gets_what') }}
    where is_covered
    group by program, cycle_id, area_code
)

select
    md5(concat_ws('|', cycles.cycle_id, coalesce(paid.area_code, covered.area_code, '-'))) as receipt_id,
    cycles.program,
    cycles.cycle_id,
    cycles.period_start,
    cycles.period_end,
    coalesce(paid.area_code, covered.area_code) as area_code,
    areas.name as area_name,
    areas.level as area_level,
    areas.county_code,
    areas.county_name,
    coalesce(paid.recipients, 0) as recipients,
    coalesce(covered.persons_covered, 0) as persons_covered,
    coalesce(paid.households, 0) as households,
    coalesce(paid.payments, 0) as payments,
    coalesce(paid.payments_paid, 0) as payments_paid,
    cast(coalesce(paid.amount_due, 0) as decimal(18, 2)) as amount_due,
    cast(coalesce(paid.amount_paid, 0) as decimal(18, 2)) as amount_paid,
    coalesce(paid.is_source_stale, covered.is_source_stale) as is_source_stale
from paid
full join covered
    on covered.cycle_id = paid.cycle_id and covered.area_code is not distinct from paid.area_code
inner join {{ ref('dim_payment_cycle') }} as cycles on cycles.cycle_id = coalesce(paid.cycle_id, covered.cycle_id)
left join {{ ref('dim_area') }} as areas on areas.area_code = coalesce(paid.area_code, covered.area_code)
