-- The figures across programs, kept for every reporting date: building again on one date replaces its rows, and a full
-- refresh keeps those of the others, which no source could give back. Targets and trends stand in rpt_kpis.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='reporting_date',
    on_schema_change='append_new_columns',
    full_refresh=false
) }}
{#- Most figures stand as at the reporting date; these are of a time. #}
{%- set of_twelve_months = ['amount_paid_12_months', 'grievances_in_time_rate', 'payment_delivery_rate'] %}
{%- set of_whole_history = [
    'amount_paid', 'paid_rate', 'overlaps_prohibited', 'money_at_stake', 'person_overlaps_prohibited',
    'person_overlaps_for_review', 'person_overlaps_allowed', 'person_overlaps_suspected', 'person_money_at_stake',
    'household_overlaps_prohibited', 'household_overlaps_for_review', 'household_overlaps_allowed',
    'household_overlaps_suspected', 'household_money_at_stake', 'person_triplicates', 'household_triplicates'
] %}
with last_year as (
    select cast(date_trunc('month', {{ reporting_date() }}) - interval 11 month as date) as first_day
),

pairs as (
    -- A pair found at both levels is one pair, the household's: its money stands once.
    select *
    from ({{ pairs_of_both_levels([
        'enrolment_id_a', 'enrolment_id_b', 'verdict', 'match_verdict', 'amount_a', 'amount_b'
    ]) }})
    where verdict = 'prohibited' and match_verdict = 'automatic'
    qualify row_number() over (partition by enrolment_id_a, enrolment_id_b order by level) = 1
),

at_stake as (
    -- At stake beside one of the household and beside one of the person in another household, it counts once.
    select enrolment_id, max(amount) as amount
    from ({{ enrolments_at_stake('pairs') }})
    group by enrolment_id
),

components as (
    select components.component, components.weight, components.numerator, components.denominator, declared.definition
    from {{ ref('fct_management_components') }} as components
    inner join {{ ref('management_components') }} as declared on declared.component = components.component
    where components.program = 'all' and components.reporting_date = {{ reporting_date() }}
),

figures as (
    select 10 as place, 'persons' as kpi, cast(count(distinct records.person_uid) as double) as value, 'persons' as unit,
        'Different persons in households with an active or suspended enrolment, of all programs' as definition
    from {{ ref('rpt_verification') }} as records
    inner join {{ ref('int_households') }} as households
        on households.household_id = records.household_id and households.status in ('active', 'suspended')
    union all
    select 15, 'persons_on_record', count(*), 'persons',
        'Different persons in households of all programs, those that have left or stand by for emergencies included'
    from {{ ref('dim_person') }}
    union all
    select 20, 'households', count(*), 'households', 'Different households with an active or suspended enrolment, of all programs'
    from {{ ref('dim_household') }} where is_enrolled
    union all
    select 25, 'households_on_record', count(*), 'households',
        'Different households of all programs, those that have left or stand by for emergencies included'
    from {{ ref('dim_household') }}
    union all
    select 30, 'person_records', count(*), 'records', 'Person records of these households in the program systems, those that have left or stand by included'
    from {{ ref('int_persons') }}
    union all
    select 40, 'active_enrolments', count(*), 'enrolments', 'Enrolments that are active'
    from {{ ref('fct_enrolments') }} where status = 'active'
    union all
    select 50, 'standby_households', count(distinct household_uid), 'households', 'Different households registered for emergencies and not regularly paid'
    from {{ ref('fct_enrolments') }} where status = 'standby'
    union all
    select 60, 'amount_paid', coalesce(sum(amount_paid), 0), 'currency', 'Paid out over the whole history'
    from {{ ref('fct_payments') }}
    union all
    select 70, 'amount_paid_12_months', coalesce(sum(amount_paid), 0), 'currency', 'Paid out for periods that began in the last twelve months'
    from {{ ref('fct_payments') }} where period_start >= (select first_day from last_year)
    union all
    select 80, 'paid_rate', round(sum(amount_paid) / nullif(sum(amount_due), 0), 4), 'share', 'Amount paid of the amount due, whole history'
    from {{ ref('fct_payments') }}
    union all
    select 90, 'verified_rate', max(verified_rate), 'share', 'Records confirmed by the register, of those that could be checked'
    from {{ ref('rpt_linkage_quality') }} where group_by = 'all'
    union all
    select 100, 'could_not_check_rate', max(could_not_check_rate), 'share', 'Records that the register was not or could not be asked about'
    from {{ ref('rpt_linkage_quality') }} where group_by = 'all'
    union all
    select 110, 'deceased_records', count(*), 'records', 'Records of persons who are dead by the register'
    from {{ ref('rpt_verification') }} where status = 'deceased'
    {%- for report in ['rpt_multiple_receipt', 'rpt_household_multiple_receipt'] %}
    {%- set unit = 'person' if loop.first else 'household' %}
    {%- for verdict in ['prohibited', 'for_review', 'allowed'] %}
    union all
    select {{ 120 + loop.index * 10 + (0 if unit == 'person' else 40) }}, '{{ unit }}_overlaps_{{ verdict }}', count(*), 'pairs',
        'Pairs of enrolments of one {{ unit }} that {{ "received" if unit == "person" else "were enrolled" }} at the same time: {{ verdict }}, linked automatically'
    from {{ ref(report) }} where verdict = '{{ verdict }}' and match_verdict = 'automatic'
    {%- endfor %}
    union all
    select {{ 160 if unit == 'person' else 200 }}, '{{ unit }}_overlaps_suspected', count(*), 'pairs',
        'Further pairs whose match is for review: no duplicates until a person has decided'
    from {{ ref(report) }} where match_verdict = 'review'
    union all
    select {{ 165 if unit == 'person' else 205 }}, '{{ unit }}_money_at_stake', coalesce(sum(money_at_stake), 0), 'currency',
        'What enrolments in prohibited pairs of one {{ unit }} paid meanwhile but for the dearest, each counted once; '
        || 'linked automatically; most pairs stand at the other level too: not to be added'
    from {{ ref('rpt_benefits_held') }} where level = '{{ unit }}'
    {%- endfor %}
    union all
    select 206, 'overlaps_prohibited', count(*), 'pairs',
        'Prohibited pairs of enrolments of one person or one household, linked automatically, each counted once'
    from pairs
    union all
    select 207, 'money_at_stake', coalesce(sum(amount), 0), 'currency',
        'What enrolments in these pairs paid meanwhile but for the dearest of a person or household, each counted once'
    from at_stake
    union all
    select 210, 'payroll_findings', count(*), 'findings', 'Findings to settle before the next payroll'
    from {{ ref('rpt_payroll_pre') }}
    union all
    select 220, 'payroll_amount_at_stake_high', coalesce(sum(amount_at_stake), 0), 'currency', 'Amount at stake in findings of high severity: what was paid wrongly so far, or would be paid in the next cycle'
    from {{ ref('rpt_payroll_pre') }} where severity = 'high'
    union all
    select 230, 'rows_rejected', coalesce(sum(rejected), 0), 'rows', 'Rows of the sources refused with a reason'
    from {{ ref('int_row_accounting') }}
    union all
    select 240, 'households_not_mapped', count(*), 'households', 'Households whose area could not be mapped at all'
    from {{ ref('int_households') }} where area_code is null
    union all
    select 250, 'stale_sources', count(*), 'sources', 'Sources that could not be refreshed in the last run or are older than promised: their figures are those of the last good mirror'
    from {{ source('ops', 'sources') }} where is_stale
    {%- for level in ['person', 'household'] %}
    union all
    select {{ 208 + loop.index0 }}, '{{ level }}_triplicates', count(*), '{{ level }}s',
        'Different {{ level }}s with three or more benefits at the same time, whatever the verdict, linked automatically'
    from {{ ref('rpt_benefits_held') }} where level = '{{ level }}' and is_triplicate
    {%- endfor %}
    union all
    select 300, 'coverage_rate', round(sum(covered_eligible) / nullif(sum(eligible_persons), 0), 4), 'share',
        'Living residents of the register whom any program covers, of all of them'
    from {{ ref('rpt_coverage') }} where program = 'all'
    union all
    select 305, 'covered_not_in_register', coalesce(sum(covered_not_in_register), 0), 'persons',
        'Covered persons not found in the register as living residents; in no coverage rate'
    from {{ ref('rpt_coverage') }} where program = 'all'
    union all
    select 310, 'uncovered_persons', count(*), 'persons',
        'Living residents who meet the rule of a categorical program and do not have its benefit, by program'
    from {{ ref('rpt_uncovered') }}
    union all
    select 320, 'plan_attainment_rate', round(sum(households_enrolled) / nullif(sum(households_planned), 0), 4), 'share',
        'Households enrolled of those planned for the financial year, where there is a plan'
    from {{ ref('rpt_expansion_plan') }}
    where households_planned is not null and {{ reporting_date() }} between year_from and year_to
    {%- for expansion, said in {'vertical': 'are paid now', 'horizontal': 'stand by and are not paid'}.items() %}
    union all
    select {{ 330 + loop.index0 }}, 'emergency_households_{{ expansion }}', count(*), 'households',
        'Different households with living members that {{ said }}: the {{ expansion }} emergency caseload'
    from {{ ref('rpt_emergency_caseload') }} where expansion = '{{ expansion }}'
    {%- endfor %}
    union all
    select 335, 'emergency_payable_rate', round(count(*) filter (where is_payable) / nullif(count(*), 0), 4), 'share',
        'Households of the emergency caseload whose account works or is untried'
    from {{ ref('rpt_emergency_caseload') }}
    union all
    select 336, 'emergency_topup_cost', coalesce(sum(topup_amount), 0), 'currency', 'What one top-up for the whole emergency caseload costs'
    from {{ ref('rpt_emergency_caseload') }}
    union all
    select 340, 'grievances_open', count(*), 'grievances', 'Grievances that are not resolved'
    from {{ ref('fct_grievances') }} where stage is distinct from 'resolved'
    union all
    select 341, 'grievances_overdue', count(*), 'grievances', 'Grievances open beyond the days of the service standard'
    from {{ ref('fct_grievances') }} where stage is distinct from 'resolved' and not is_in_time
    union all
    -- The figures of the index for the whole country: the counties' parts and wholes together.
    select
        350 + row_number() over (order by component),
        case component when 'grievance_resolution' then 'grievances_in_time_rate' else component || '_rate' end,
        round(sum(numerator) / nullif(sum(denominator), 0), 4), 'share', any_value(definition)
    from components
    where component <> 'verification'
    group by component
    union all
    select 370, 'management_index', round(sum(weight * share order by component) / nullif(sum(weight order by component) filter (where share is not null), 0), 4), 'share',
        'Management index of the whole country: the shares of its components by their weights'
    from (select component, any_value(weight) as weight, sum(numerator) / nullif(sum(denominator), 0) as share from components group by component)
)

select
    {{ reporting_date() }} as reporting_date,
    (select value from {{ source('ops', 'parameters') }} where name = 'run_id') as run_id,
    cast(figures.place as integer) as place,
    figures.kpi,
    figures.definition,
    case figures.unit when 'currency' then coalesce({{ currency() }}, figures.unit) else figures.unit end as unit,
    case
        when figures.kpi in ('{{ of_twelve_months | join("', '") }}') then (select first_day from last_year)
        when figures.kpi in ('{{ of_whole_history | join("', '") }}') then (select min(period_start) from {{ ref('dim_payment_cycle') }})
        else {{ reporting_date() }}
    end as period_from,
    {{ reporting_date() }} as period_to,
    cast(figures.value as double) as value,
    {{ any_source_stale(kinds=['mis', 'register', 'reference']) }} as is_source_stale
from figures
