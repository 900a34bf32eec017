-- Whether the payroll's totals tie, by program, cycle and provider: to what the source holds, and to what the provider
-- says it paid. Where the program, cycle or provider cannot be told, it is empty: nothing is left out.
{%- set statuses = ['paid', 'scheduled', 'failed', 'returned', 'unclaimed'] %}
with received as (
    select
        payments.source,
        payments.program,
        payments.program || ':' || strftime(payments.period_start, '%Y-%m-%d') as cycle_id,
        enrolments.account_provider as provider,
        payments.amount_due,
        payments.amount_paid,
        payments.reject_reason is not null and payments.reject_reason <> 'enrolment_missing' as is_rejected
    from {{ ref('int_payments_received') }} as payments
    left join {{ ref('int_enrolments_received') }} as enrolments
        on enrolments.enrolment_id = payments.enrolment_id and enrolments.reject_reason is null
),

in_source as (
    select
        source, program, cycle_id, provider,
        count(*) as source_lines,
        sum(amount_due) as source_amount_due,
        sum(amount_paid) as source_amount_paid,
        count(*) filter (where is_rejected) as rejected_lines,
        sum(amount_due) filter (where is_rejected) as rejected_amount_due,
        sum(amount_paid) filter (where is_rejected) as rejected_amount_paid
    from received
    group by source, program, cycle_id, provider
),

on_payroll as (
    select
        source, program, cycle_id, provider,
        {%- for name, condition in {'': 'is_enrolled', 'not_enrolled_': 'not is_enrolled'}.items() %}
        count(*) filter (where {{ condition }}) as {{ name or 'payment_' }}lines,
        sum(amount_due) filter (where {{ condition }}) as {{ name }}amount_due,
        sum(amount_paid) filter (where {{ condition }}) as {{ name }}amount_paid,
        {%- endfor %}
        {%- for status in statuses %}
        count(*) filter (where is_enrolled and status = '{{ status }}') as {{ status }}_lines{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_payroll_all_lines') }}
    group by source, program, cycle_id, provider
),

by_provider as (
    select
        source, program, cycle_id, provider,
        count(*) filter (where has_result) as provider_lines,
        sum(provider_amount) filter (where result = 'paid') as provider_amount_paid,
        count(*) filter (where is_on_payroll and not has_result and has_return and status <> 'scheduled') as lines_not_in_return,
        count(*) filter (where not is_on_payroll) as lines_not_on_payroll
    from {{ ref('int_payroll_beside_returns') }}
    group by source, program, cycle_id, provider
),

summed as (
    select
        source, program, cycle_id, provider,
        {%- set counts = ['source', 'rejected', 'not_enrolled', 'payment'] + statuses + ['provider'] %}
        {%- for name in counts %}
        cast(coalesce(sum({{ name }}_lines), 0) as bigint) as {{ name }}_lines,
        {%- endfor %}
        cast(coalesce(sum(lines_not_in_return), 0) as bigint) as lines_not_in_return,
        cast(coalesce(sum(lines_not_on_payroll), 0) as bigint) as lines_not_on_payroll,
        {%- for name in ['source_', 'rejected_', 'not_enrolled_', ''] %}
        cast(coalesce(sum({{ name }}amount_due), 0) as decimal(18, 2)) as {{ name }}amount_due,
        cast(coalesce(sum({{ name }}amount_paid), 0) as decimal(18, 2)) as {{ name }}amount_paid,
        {%- endfor %}
        cast(coalesce(sum(provider_amount_paid), 0) as decimal(18, 2)) as provider_amount_paid
    from (
        select * from in_source
        union all by name
        select * from on_payroll
        union all by name
        select * from by_provider
    )
    group by source, program, cycle_id, provider
)

select
    md5(concat_ws(
        '|', summed.source, coalesce(summed.program, '-'), coalesce(summed.cycle_id, '-'), coalesce(summed.provider, '-')
    )) as reconciliation_id,
    summed.source,
    summed.program,
    summed.cycle_id,
    summed.provider,
    summed.source_lines,
    summed.source_amount_due,
    summed.source_amount_paid,
    summed.rejected_lines,
    summed.rejected_amount_due,
    summed.rejected_amount_paid,
    summed.not_enrolled_lines,
    summed.not_enrolled_amount_due,
    summed.not_enrolled_amount_paid,
    summed.payment_lines,
    summed.amount_due,
    summed.amount_paid,
    {%- for status in statuses %}
    summed.{{ status }}_lines,
    {%- endfor %}
    summed.provider_lines,
    summed.provider_amount_paid,
    summed.lines_not_in_return,
    summed.lines_not_on_payroll,
    summed.source_lines = summed.rejected_lines + summed.not_enrolled_lines + summed.payment_lines
    and summed.source_amount_due = summed.rejected_amount_due + summed.not_enrolled_amount_due + summed.amount_due
    and summed.source_amount_paid = summed.rejected_amount_paid + summed.not_enrolled_amount_paid + summed.amount_paid
        as is_tied_to_source,
    -- Without a return nothing can be said.
    case
        when summed.provider_lines > 0
            then cast(summed.amount_paid + summed.not_enrolled_amount_paid - summed.provider_amount_paid as decimal(18, 2))
    end as provider_difference,
    case
        when summed.provider_lines > 0
            then summed.amount_paid + summed.not_enrolled_amount_paid = summed.provider_amount_paid
                and summed.lines_not_in_return = 0
                and summed.lines_not_on_payroll = 0
    end as is_tied_to_provider,
    {{ any_source_stale('sources.is_stale', codes="'psp'") }} as is_source_stale
from summed
left join {{ source('ops', 'sources') }} as sources on sources.source = summed.source
