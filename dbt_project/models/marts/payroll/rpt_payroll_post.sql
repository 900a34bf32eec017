-- What came of the payrolls: one row a payment and reason. Totals by program, cycle and provider, and whether they tie:
-- rpt_payroll_reconciliation. Amounts of different reasons may be about the same money, and are not to be added.
with found as (
    select payment_id, cast(null as varchar) as source, reason_code, amount_at_stake, evidence, false as is_by_provider
    from {{ ref('int_payroll_post__lines') }}
    union all
    select payment_id, source, reason_code, amount_at_stake, evidence, true
    from {{ ref('int_payroll_post__provider') }}
)

select
    md5(found.payment_id || '|' || found.reason_code) as finding_id,
    found.payment_id,
    found.reason_code,
    checks.severity,
    coalesce(lines.source, found.source) as source,
    lines.program,
    lines.cycle_id,
    cycles.cycles_back,
    lines.provider,
    lines.enrolment_id,
    lines.household_id,
    lines.household_uid,
    lines.person_uid,
    lines.status as payment_status,
    lines.area_code,
    lines.county_code,
    cast(found.amount_at_stake as decimal(18, 2)) as amount_at_stake,
    lines.period_start as first_date,
    lines.period_end as last_date,
    found.evidence,
    case
        when found.is_by_provider then {{ any_source_stale('sources.is_stale', codes="'psp'") }}
        else {{ any_source_stale('sources.is_stale') }}
    end as is_source_stale
from found
left join {{ ref('int_payroll_all_lines') }} as lines on lines.payment_id = found.payment_id
left join {{ ref('dim_payment_cycle') }} as cycles on cycles.cycle_id = lines.cycle_id
inner join {{ ref('int_payroll_checks') }} as checks
    on checks.reason_code = found.reason_code and checks.program is not distinct from lines.program
left join {{ source('ops', 'sources') }} as sources on sources.source = coalesce(lines.source, found.source)
