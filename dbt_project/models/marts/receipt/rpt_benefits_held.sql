-- Who holds two or more benefits at the same time, and how many: duplicates and triplicates of persons and households.
-- Only what linkage is sure of. Holding several is not an offence: the verdict is the strictest of the pairs.
with pairs as (
    select *
    from (
        {{ pairs_of_both_levels([
            'enrolment_id_a', 'enrolment_id_b', 'program_a', 'program_b', 'county_code_a', 'match_verdict', 'verdict',
            'overlap_from', 'overlap_to', 'amount_a', 'amount_b', 'both_still_paid', 'is_source_stale'
        ]) }}
    )
    where match_verdict = 'automatic'
),

sides as (
    select level, uid, overlap_from, overlap_to, enrolment_id_a as enrolment_id, program_a as program
    from pairs
    union all
    select level, uid, overlap_from, overlap_to, enrolment_id_b, program_b
    from pairs
),

-- The number held can only rise on a day on which an overlap begins.
held_on as (
    select
        days.level,
        days.uid,
        days.overlap_from as day,
        count(distinct sides.enrolment_id) as benefits,
        string_agg(distinct sides.program, ', ' order by sides.program) as programs
    from (select distinct level, uid, overlap_from from pairs) as days
    inner join sides
        on sides.level = days.level
        and sides.uid = days.uid
        and days.overlap_from between sides.overlap_from and sides.overlap_to
    group by days.level, days.uid, days.overlap_from
),

most_held as (
    select * from held_on
    qualify row_number() over (partition by level, uid order by benefits desc, day) = 1
),

at_stake as (
    select level, uid, sum(amount) as money_at_stake
    from ({{ enrolments_at_stake('pairs') }})
    group by level, uid
),

summed as (
    select
        level,
        uid,
        min_by(county_code_a, overlap_from) as county_code,
        count(*) as pairs,
        min_by(verdict, case verdict when 'prohibited' then 1 when 'for_review' then 2 else 3 end) as verdict,
        bool_or(both_still_paid) as is_any_pair_still_paid,
        bool_or(is_source_stale) as is_source_stale
    from pairs
    group by level, uid
)

select
    summed.level,
    summed.uid,
    summed.county_code,
    most_held.benefits,
    most_held.benefits >= 3 as is_triplicate,
    most_held.programs,
    most_held.day as held_from,
    summed.pairs,
    summed.verdict,
    cast(coalesce(at_stake.money_at_stake, 0) as decimal(18, 2)) as money_at_stake,
    summed.is_any_pair_still_paid,
    summed.is_source_stale
from summed
inner join most_held on most_held.level = summed.level and most_held.uid = summed.uid
left join at_stake on at_stake.level = summed.level and at_stake.uid = summed.uid
