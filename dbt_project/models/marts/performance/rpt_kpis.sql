-- The figures of the front page, one a row.
with last_year as (
    select date_trunc('month', {{ reporting_date() }}) - interval 11 month as first_day
),

pairs as (
    -- A pair found at both levels is one pair, and its money stands once.
    select enrolment_id_a, enrolment_id_b, max(money_at_stake) as money_at_stake
    from (
        select enrolment_id_a, enrolment_id_b, money_at_stake, verdict, match_verdict from {{ ref('rpt_multiple_receipt') }}
        union all
        select enrolment_id_a, enrolment_id_b, money_at_stake, verdict, match_verdict from {{ ref('rpt_household_multiple_receipt') }}
    )
    where verdict = 'prohibited' and match_verdict = 'automatic'
    group by enrolment_id_a, enrolment_id_b
),

figures as (
    select 10 as place, 'persons' as kpi, cast(count(distinct records.person_uid) as double) as value, 'persons' as unit,
        'Different persons in households with an active or suspended enrolment, of all programs' as description
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
        'The lesser amount of each prohibited pair of one {{ unit }}, linked automatically; most pairs stand at the other level too: not to be added'
    from {{ ref(report) }} where verdict = 'prohibited' and match_verdict = 'automatic'
    {%- endfor %}
    union all
    select 206, 'overlaps_prohibited', count(*), 'pairs',
        'Prohibited pairs of enrolments of one person or one household, linked automatically, each counted once'
    from pairs
    union all
    select 207, 'money_at_stake', coalesce(sum(money_at_stake), 0), 'currency', 'The lesser amount of each of these pairs, counted once'
    from pairs
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
)

select
    place,
    kpi,
    cast(value as double) as value,
    case unit when 'currency' then coalesce({{ currency() }}, unit) else unit end as unit,
    description,
    {{ any_source_stale(kinds=['mis', 'register', 'reference']) }} as is_source_stale
from figures
