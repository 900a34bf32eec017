-- The emergency caseload and what a top-up costs, by area: everybody, and who can be paid at once.
select
    md5(concat_ws('|', caseload.expansion, caseload.program, coalesce(caseload.area_code, '-'))) as caseload_id,
    caseload.expansion,
    caseload.program,
    caseload.area_code,
    areas.name as area_name,
    areas.level as area_level,
    areas.county_code,
    areas.county_name,
    count(*) as households,
    cast(sum(caseload.living_persons) as bigint) as living_persons,
    count(*) filter (where caseload.account_status = 'working') as accounts_working,
    count(*) filter (where caseload.account_status = 'untried') as accounts_untried,
    count(*) filter (where caseload.account_status in ('failing', 'unclaimed')) as accounts_in_trouble,
    count(*) filter (where caseload.account_status = 'none') as without_account,
    cast(sum(caseload.topup_amount) as decimal(18, 2)) as topup_cost,
    cast(coalesce(sum(caseload.topup_amount) filter (where caseload.is_payable), 0) as decimal(18, 2)) as topup_cost_payable,
    bool_or(caseload.is_source_stale) as is_source_stale
from {{ ref('rpt_emergency_caseload') }} as caseload
left join {{ ref('dim_area') }} as areas on areas.area_code = caseload.area_code
group by caseload.expansion, caseload.program, caseload.area_code, areas.name, areas.level, areas.county_code, areas.county_name
