-- The figures of the front page, one a row.
with last_year as (
    select date_trunc('month', {{ reporting_date() }}) - interval 11 month as first_day
),

figures as (
    select 10 as place, 'persons' as kpi, cast(count(*) as double) as value, 'persons' as unit,
        'Different persons in households of beneficiaries, of all programs' as description
    from {{ ref('dim_person') }}
    union all
    select 20, 'households', count(*), 'households', 'Different households of beneficiaries, of all programs'
    from {{ ref('dim_household') }}
    union all
    select 30, 'person_records', count(*), 'records', 'Person records of beneficiaries in the program systems'
    from {{ ref('int_persons') }}
    union all
    select 40, 'active_enrolments', count(*), 'enrolments', 'Enrolments that are active'
    from {{ ref('fct_enrolments') }} where status = 'active'
    union all
    select 50, 'standby_households', count(*), 'households', 'Households registered for emergencies and not regularly paid'
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
        'Pairs of enrolments of one {{ unit }} that received at the same time: {{ verdict }}, linked automatically'
    from {{ ref(report) }} where verdict = '{{ verdict }}' and match_verdict = 'automatic'
    {%- endfor %}
    union all
    select {{ 160 if unit == 'person' else 200 }}, '{{ unit }}_overlaps_suspected', count(*), 'pairs',
        'Further pairs whose match is for review: no duplicates until a person has decided'
    from {{ ref(report) }} where match_verdict = 'review'
    union all
    select {{ 165 if unit == 'person' else 205 }}, '{{ unit }}_money_at_stake', coalesce(sum(money_at_stake), 0), 'currency',
        'The lesser amount of each prohibited pair, linked automatically'
    from {{ ref(report) }} where verdict = 'prohibited' and match_verdict = 'automatic'
    {%- endfor %}
    union all
    select 210, 'payroll_findings', count(*), 'findings', 'Findings to settle before the next payroll'
    from {{ ref('rpt_payroll_pre') }}
    union all
    select 220, 'payroll_amount_at_stake_high', coalesce(sum(amount_at_stake), 0), 'currency', 'Amount at stake in findings of high severity'
    from {{ ref('rpt_payroll_pre') }} where severity = 'high'
    union all
    select 230, 'rows_rejected', coalesce(sum(rejected), 0), 'rows', 'Rows of the sources refused with a reason'
    from {{ ref('int_row_accounting') }}
    union all
    select 240, 'households_not_mapped', count(*), 'households', 'Households whose area could not be mapped at all'
    from {{ ref('int_households') }} where area_code is null
    union all
    select 250, 'stale_sources', count(*), 'sources', 'Sources whose last good mirror is older than agreed'
    from {{ source('ops', 'sources') }} where is_stale
)

select place, kpi, cast(value as double) as value, unit, description
from figures
