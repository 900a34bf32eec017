-- A year a row with six cycles side by side: one row a cycle here; cycles that did not take place are empty.
with source as (
    select * from {{ mirrored('hsnp', 'hh_payments') }}
),

enrolments as (
    select enrolment_id, household_id, account_no from {{ ref('stg_hsnp__enrolments') }} where reject_reason is null
),

cycles as (
    {%- for n in range(1, 7) %}
    select
        {{ clean_text('hh_id') }} as hh_key,
        try_cast(year as integer) as cycle_year,
        cast(year as varchar) as year_given,
        {{ n }} as cycle_no,
        cast(c{{ n }}_due as varchar) as due_given,
        cast(c{{ n }}_paid as varchar) as paid_given,
        cast(c{{ n }}_status as varchar) as status_given,
        cast(c{{ n }}_date as varchar) as date_given,
        _ibr_source_table,
        _ibr_run_id,
        _ibr_loaded_at
    from source
    where coalesce(cast(c{{ n }}_due as varchar), cast(c{{ n }}_paid as varchar), cast(c{{ n }}_status as varchar)) is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

named as (
    select
        hh_key || '/' || year_given || '/' || cycle_no as source_key,
        'hsnp:' || hh_key as enrolment_id,
        year_given || '/' || cycle_no as cycle_given,
        try(make_date(cycle_year::bigint, (2 * cycle_no - 1)::bigint, 1::bigint)) as period_start,
        last_day(try(make_date(cycle_year::bigint, (2 * cycle_no)::bigint, 1::bigint))) as period_end,
        {{ amount('due_given') }} as amount_due,
        {{ amount('paid_given') }} as amount_paid,
        {{ code_list('status_given', {
            's': 'scheduled', 'p': 'paid', 'f': 'failed', 'r': 'returned', 'u': 'unclaimed'
        }) }} as status,
        due_given,
        paid_given,
        date_given,
        _ibr_source_table,
        _ibr_run_id,
        _ibr_loaded_at
    from cycles
)

select
    'hsnp' as source,
    'HSNP' as program,
    named.source_key,
    {{ lineage('named') }},
    'hsnp:' || named.source_key as payment_id,
    named.enrolment_id,
    enrolments.household_id,
    named.cycle_given,
    named.period_start,
    named.period_end,
    coalesce(named.amount_due, 0) as amount_due,
    coalesce(named.amount_paid, 0) as amount_paid,
    named.status,
    {{ iso_date('named.date_given') }} as paid_date,
    {{ clean_text('named.date_given') }} as paid_date_given,
    enrolments.account_no,
    cast(null as timestamp) as updated_at,
    {{ payment_reject_reason('named', 'enrolments.enrolment_id', 'due_given', 'paid_given') }} as reject_reason
from named
left join enrolments on enrolments.enrolment_id = named.enrolment_id
