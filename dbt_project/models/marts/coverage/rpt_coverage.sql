-- Beneficiaries against the register's people. Who is in the register counts where the register has them, numerator and
-- denominator alike; who was not found there, where the programs have them, and in no rate.
with {{ eligible_residents() }},

by_program as (
    select program, person_uid, register_id, county_code, sex, age_group
    from {{ ref('fct_covered_persons') }}
    where is_living_resident
),

covered as (
    select * from by_program
    union all
    -- Everybody once, whatever the programs: the one with the least code says where.
    select 'all', person_uid, any_value(register_id), min_by(county_code, program), any_value(sex), any_value(age_group)
    from by_program
    group by person_uid
),

covered_in_register as (
    select distinct covered.program, residents.register_id, residents.county_code, residents.sex, residents.age_group
    from covered
    inner join residents on residents.register_id = covered.register_id
),

counted as (
    select
        'all' as program, residents.county_code, residents.sex, residents.age_group,
        count(*) as eligible_persons,
        0 as covered_eligible, 0 as covered_in_register, 0 as covered_not_in_register
    from residents
    group by residents.county_code, residents.sex, residents.age_group
    union all
    select program, county_code, sex, age_group, count(*), 0, 0, 0
    from eligible
    group by program, county_code, sex, age_group
    union all
    select
        covered_in_register.program, covered_in_register.county_code, covered_in_register.sex,
        covered_in_register.age_group,
        0,
        count(*) filter (where covered_in_register.program = 'all' or eligible.register_id is not null),
        count(*),
        0
    from covered_in_register
    left join eligible
        on eligible.program = covered_in_register.program and eligible.register_id = covered_in_register.register_id
    group by covered_in_register.program, covered_in_register.county_code, covered_in_register.sex,
        covered_in_register.age_group
    union all
    select covered.program, covered.county_code, covered.sex, covered.age_group, 0, 0, 0, count(*)
    from covered
    left join residents on residents.register_id = covered.register_id
    where residents.register_id is null
    group by covered.program, covered.county_code, covered.sex, covered.age_group
),

summed as (
    select
        program,
        county_code,
        sex,
        age_group,
        (program = 'all' or program in (select program from rules_in_force)) and {{ knows_all_residents() }} as has_rule,
        cast(sum(eligible_persons) as bigint) as eligible_persons,
        cast(sum(covered_eligible) as bigint) as covered_eligible,
        cast(sum(covered_in_register) as bigint) as covered_in_register,
        cast(sum(covered_not_in_register) as bigint) as covered_not_in_register
    from counted
    group by program, county_code, sex, age_group
)

select
    md5(concat_ws('|', program, coalesce(summed.county_code, '-'), sex, age_group)) as coverage_id,
    summed.program,
    summed.county_code,
    counties.county_name,
    summed.sex,
    summed.age_group,
    summed.has_rule,
    -- Empty, not nought, where the register cannot tell who is eligible.
    case when has_rule then summed.eligible_persons end as eligible_persons,
    case when has_rule then summed.covered_eligible end as covered_eligible,
    case when has_rule then summed.eligible_persons - summed.covered_eligible end as uncovered_persons,
    case when has_rule then summed.covered_in_register - summed.covered_eligible end as covered_not_eligible,
    summed.covered_in_register,
    summed.covered_not_in_register,
    case when has_rule then round(summed.covered_eligible / nullif(summed.eligible_persons, 0), 4) end as coverage_rate,
    {{ any_source_stale(kinds=['mis', 'register'], codes="'public_payroll'") }} as is_source_stale
from summed
left join {{ ref('dim_area') }} as counties on counties.area_code = summed.county_code
