-- The register's living residents, counted: what a rule by age, sex and area could reach (see docs/simulate.md).
with {{ eligible_residents() }}

select
    md5(concat_ws('|', coalesce(residents.area_code, '-'), residents.sex, coalesce(cast(residents.age as varchar), '-'), pensioners.national_id is not null)) as residents_id,
    residents.area_code,
    residents.parent_code,
    residents.county_code,
    residents.sex,
    residents.age,
    pensioners.national_id is not null as is_pensioner,
    count(*) as persons,
    {{ any_source_stale(kinds=['register'], codes="'public_payroll'") }} as is_source_stale
from residents
left join pensioners on pensioners.national_id = residents.national_id
group by all
