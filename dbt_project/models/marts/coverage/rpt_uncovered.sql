-- The register minus the covered: who meets the rule of a categorical program and is in none of its enrolments. The dead
-- and the emigrated are left out. No names: whoever may look somebody up does so by the register's own key.
with {{ eligible_residents() }},

covered as (
    select distinct program, register_id
    from {{ ref('fct_covered_persons') }}
    where register_id is not null
),

otherwise_covered as (
    select register_id, string_agg(distinct program, ', ' order by program) as other_programs
    from covered
    group by register_id
),

known as (
    select register_id, min(person_uid) as person_uid
    from {{ ref('dim_person') }}
    where register_id is not null
    group by register_id
)

select
    md5(eligible.program || '|' || eligible.register_id) as uncovered_id,
    eligible.program,
    eligible.register_id,
    eligible.rule_code,
    eligible.area_code,
    eligible.county_code,
    eligible.sex,
    cast(eligible.age as integer) as age,
    eligible.age_group,
    known.person_uid,
    otherwise_covered.other_programs,
    {{ any_source_stale('programs.is_source_stale', kinds=['register'], codes="'public_payroll'") }} as is_source_stale
from eligible
left join covered on covered.program = eligible.program and covered.register_id = eligible.register_id
left join known on known.register_id = eligible.register_id
left join otherwise_covered on otherwise_covered.register_id = eligible.register_id
left join {{ ref('dim_program') }} as programs on programs.program = eligible.program
where eligible.selection = 'categorical' and covered.register_id is null
