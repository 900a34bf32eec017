-- What to settle before the next payroll: one row an enrolment and reason. Nothing is stopped here; a person decides.
-- Which checks run, for which program, how grave each is and from which number on: the seed payroll_checks.
with checks_of_programs as (
    -- A row for one program comes before the row for all, which also holds where the program is not known.
    select programs.program, checks.reason_code, checks.severity, checks.threshold, checks.is_active
    from (select program from {{ ref('dim_program') }} union all select null) as programs
    inner join {{ ref('payroll_checks') }} as checks on checks.program is null or checks.program = programs.program
    qualify row_number() over (partition by programs.program, checks.reason_code order by checks.program nulls last) = 1
),

checks as (
    select * from checks_of_programs where is_active
),

enrolments as (
    select * from {{ ref('fct_enrolments') }}
),

payments as (
    select * from {{ ref('fct_payments') }}
),

latest_cycles as (
    select program, cycle_id, period_start, period_end from {{ ref('dim_payment_cycle') }} where cycles_back = 1
),

next_cycle as (
    -- What the next cycle would pay again: what the latest one was due, else the program's value for such a cycle.
    select
        enrolments.enrolment_id,
        coalesce(
            sum(payments.amount_due),
            any_value(transfer_values.monthly_amount * (date_diff('month', latest_cycles.period_start, latest_cycles.period_end) + 1)),
            0
        ) as amount
    from enrolments
    inner join latest_cycles on latest_cycles.program = enrolments.program
    left join payments on payments.enrolment_id = enrolments.enrolment_id and payments.cycle_id = latest_cycles.cycle_id
    left join {{ ref('transfer_values') }} as transfer_values
        on transfer_values.program = enrolments.program
        and transfer_values.valid_from <= latest_cycles.period_start
        and (transfer_values.valid_to is null or transfer_values.valid_to >= latest_cycles.period_start)
    where enrolments.status in ('active', 'suspended')
    group by enrolments.enrolment_id
),

-- 1. The register says that the recipient died, and money was paid for a period that began afterwards.
deceased as (
    select
        enrolments.enrolment_id,
        'deceased_still_paid' as reason_code,
        enrolments.recipient_record_id as record_id,
        sum(payments.amount_paid) as amount_at_stake,
        min(payments.period_start) as first_date,
        max(payments.period_end) as last_date,
        'died ' || any_value(persons.death_date) || ' in the register; '
        || count(*) || ' payments for later periods' as evidence
    from enrolments
    -- The death may stand on another record of the same person.
    inner join {{ ref('dim_person') }} as persons on persons.person_uid = enrolments.person_uid and persons.death_date is not null
    inner join payments
        on payments.enrolment_id = enrolments.enrolment_id
        and payments.amount_paid > 0
        and payments.period_start > persons.death_date
    group by enrolments.enrolment_id, enrolments.recipient_record_id
),

-- 2. Money for a period that began after the exit.
exited as (
    select
        enrolments.enrolment_id, 'exited_still_paid', enrolments.recipient_record_id,
        sum(payments.amount_paid), min(payments.period_start), max(payments.period_end),
        'exited ' || any_value(enrolments.exit_date) || coalesce(' (' || lower(any_value(enrolments.exit_reason)) || ')', '')
        || '; ' || count(*) || ' payments for later periods'
    from enrolments
    inner join payments
        on payments.enrolment_id = enrolments.enrolment_id
        and payments.amount_paid > 0
        and payments.period_start > enrolments.exit_date
    group by enrolments.enrolment_id, enrolments.recipient_record_id
),

-- 3. Money that belongs to no enrolment: none is on record, it is an applicant's, or it began later.
not_enrolled as (
    select
        enrolment_id, 'paid_not_enrolled', cast(null as varchar),
        sum(amount_paid), min(period_start), max(period_end),
        count(*) || ' payments; enrolment is ' || any_value(enrolment_status)
    from {{ ref('int_payments_not_enrolled') }}
    where amount_paid > 0
    group by enrolment_id
    union all
    select
        enrolments.enrolment_id, 'paid_not_enrolled', enrolments.recipient_record_id,
        sum(payments.amount_paid), min(payments.period_start), max(payments.period_end),
        count(*) || ' payments for periods before the enrolment of ' || any_value(enrolments.enrolled_date)
    from enrolments
    inner join payments
        on payments.enrolment_id = enrolments.enrolment_id
        and payments.amount_paid > 0
        and payments.period_end < enrolments.enrolled_date
    group by enrolments.enrolment_id, enrolments.recipient_record_id
),

-- 4. More than the program's value for the period. A line that settles exactly what the line before left open
--    is arrears, not a fault; a failed credit is not open, it is repeated on its own line.
lines_with_value as (
    select
        payments.enrolment_id,
        payments.period_start,
        payments.period_end,
        payments.amount_paid,
        transfer_values.monthly_amount * (date_diff('month', payments.period_start, payments.period_end) + 1) as full_value,
        lag(case when payments.status = 'scheduled' then payments.amount_due - payments.amount_paid else 0 end, 1, 0)
            over (partition by payments.enrolment_id order by payments.period_start) as unpaid_before
    from payments
    inner join {{ ref('transfer_values') }} as transfer_values
        on transfer_values.program = payments.program
        and transfer_values.valid_from <= payments.period_start
        and (transfer_values.valid_to is null or transfer_values.valid_to >= payments.period_start)
),

above_value as (
    select
        lines_with_value.enrolment_id, 'paid_above_value', any_value(enrolments.recipient_record_id),
        sum(lines_with_value.amount_paid - full_value), min(lines_with_value.period_start), max(lines_with_value.period_end),
        count(*) || ' payments above the value, the highest ' || max(lines_with_value.amount_paid) || ' for '
        || arg_max(full_value, lines_with_value.amount_paid)
    from lines_with_value
    inner join enrolments on enrolments.enrolment_id = lines_with_value.enrolment_id
    where lines_with_value.amount_paid > full_value
        and lines_with_value.amount_paid <> full_value + unpaid_before
    group by lines_with_value.enrolment_id
),

-- 5. The recipient draws a pension or a salary from public funds, found by any ID number that is known of the person:
--    on a record, or in the register.
on_public_payroll as (
    select national_id, bool_or(kind = 'pension') as is_pensioner, bool_or(kind is distinct from 'pension') as is_employed
    from {{ ref('int_public_payroll') }}
    where national_id is not null
    group by national_id
),

known_ids as (
    select person_uid, national_id
    from {{ ref('dim_person') }}
    where national_id is not null
    union
    select persons.person_uid, population.national_id
    from {{ ref('dim_person') }} as persons
    inner join {{ ref('int_population') }} as population on population.register_id = persons.register_id
    where population.national_id is not null
),

pension as (
    select
        enrolments.enrolment_id, 'pension_found', enrolments.recipient_record_id,
        any_value(next_cycle.amount),
        enrolments.first_paid_period_start, enrolments.last_paid_period_end,
        -- Whether, not how much: the amount is nobody's business here.
        'by the ID number, the person ' || concat_ws(
            ' and ',
            case when bool_or(on_public_payroll.is_pensioner) then 'draws a public pension' end,
            case when bool_or(on_public_payroll.is_employed) then 'is on the public payroll' end
        )
    from enrolments
    inner join known_ids on known_ids.person_uid = enrolments.person_uid
    inner join on_public_payroll on on_public_payroll.national_id = known_ids.national_id
    left join next_cycle on next_cycle.enrolment_id = enrolments.enrolment_id
    where enrolments.status in ('active', 'suspended')
    group by
        enrolments.enrolment_id, enrolments.recipient_record_id, enrolments.first_paid_period_start,
        enrolments.last_paid_period_end
),

-- 6. One account for several enrolments.
accounts as (
    select
        account_no,
        count(*) as enrolments_on_account,
        count(distinct person_uid) as persons_on_account
    from enrolments
    where account_no is not null and status in ('active', 'suspended')
    group by account_no
),

shared_account as (
    select
        enrolments.enrolment_id, 'shared_account', enrolments.recipient_record_id,
        next_cycle.amount, enrolments.first_paid_period_start, enrolments.last_paid_period_end,
        'account used by ' || accounts.enrolments_on_account || ' enrolments of ' || accounts.persons_on_account || ' persons'
    from enrolments
    inner join accounts on accounts.account_no = enrolments.account_no
    inner join checks
        on checks.reason_code = 'shared_account'
        and checks.program = enrolments.program
        and accounts.enrolments_on_account >= checks.threshold
    left join next_cycle on next_cycle.enrolment_id = enrolments.enrolment_id
    where enrolments.status in ('active', 'suspended')
),

-- 7. One person collects for several households.
collecting as (
    select
        enrolments.*,
        coalesce(enrolments.caregiver_record_id, enrolments.recipient_record_id) as collector_record_id,
        {{ uid_or_own('crosswalk.person_uid', 'coalesce(enrolments.caregiver_record_id, enrolments.recipient_record_id)') }} as collector_uid
    from enrolments
    left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk
        on crosswalk.record_id = coalesce(enrolments.caregiver_record_id, enrolments.recipient_record_id)
    where enrolments.status in ('active', 'suspended')
),

collectors as (
    select
        collector_uid,
        count(distinct household_uid) as households,
        count(distinct household_uid) filter (where caregiver_record_id is not null) as households_as_caregiver
    from collecting
    group by collector_uid
),

several_households as (
    select
        collecting.enrolment_id, 'caregiver_several_households', collecting.collector_record_id,
        next_cycle.amount, collecting.first_paid_period_start, collecting.last_paid_period_end,
        'one person collects for ' || collectors.households || ' households'
    from collecting
    inner join collectors on collectors.collector_uid = collecting.collector_uid
    inner join checks
        on checks.reason_code = 'caregiver_several_households'
        and checks.program = collecting.program
        and collectors.households >= checks.threshold
    left join next_cycle on next_cycle.enrolment_id = collecting.enrolment_id
    where collectors.households_as_caregiver > 0
),

-- 8. An ID number that cannot be one.
invalid_id as (
    select
        enrolments.enrolment_id, 'invalid_national_id', any_value(persons.record_id),
        any_value(next_cycle.amount), any_value(enrolments.first_paid_period_start), any_value(enrolments.last_paid_period_end),
        'the ID number given is not well-formed: ' || string_agg(persons.national_id_given, ', ' order by persons.record_id)
    from enrolments
    inner join {{ ref('int_persons') }} as persons
        on persons.record_id in (enrolments.recipient_record_id, enrolments.caregiver_record_id)
    left join next_cycle on next_cycle.enrolment_id = enrolments.enrolment_id
    where enrolments.status in ('active', 'suspended')
        and persons.national_id is null
        and persons.national_id_given is not null
    group by enrolments.enrolment_id
),

-- 9. Credits that fail one after the other: runs of equal status, found by the difference of two numberings.
numbered_lines as (
    select
        enrolment_id, period_start, period_end, amount_due, status,
        row_number() over (partition by enrolment_id order by period_start, payment_id)
        - row_number() over (partition by enrolment_id, status order by period_start, payment_id) as run_no
    from payments
    where status <> 'scheduled'
),

failed_runs as (
    select enrolment_id, count(*) as failed, sum(amount_due) as amount, min(period_start) as first_date, max(period_end) as last_date
    from numbered_lines
    where status = 'failed'
    group by enrolment_id, run_no
),

failed_in_a_row as (
    select
        failed_runs.enrolment_id, 'failed_three_in_a_row', any_value(enrolments.recipient_record_id),
        sum(failed_runs.amount), min(failed_runs.first_date), max(failed_runs.last_date),
        max(failed_runs.failed) || ' credits failed one after the other'
    from failed_runs
    inner join enrolments on enrolments.enrolment_id = failed_runs.enrolment_id
    inner join checks
        on checks.reason_code = 'failed_three_in_a_row'
        and checks.program = enrolments.program
        and failed_runs.failed >= checks.threshold
    group by failed_runs.enrolment_id
),

-- 10. Paid out and never fetched.
uncollected as (
    select
        enrolment_id, count(*) as lines, count(*) filter (where status = 'unclaimed') as unclaimed,
        sum(amount_due) as amount, min(period_start) as first_date, max(period_end) as last_date
    from payments
    where status <> 'scheduled'
    group by enrolment_id
    having count(*) filter (where status = 'unclaimed') = count(*)
),

never_collected as (
    select
        uncollected.enrolment_id, 'never_collected', enrolments.recipient_record_id,
        uncollected.amount, uncollected.first_date, uncollected.last_date,
        'none of ' || uncollected.lines || ' payments was ever collected'
    from uncollected
    inner join enrolments on enrolments.enrolment_id = uncollected.enrolment_id
    inner join checks
        on checks.reason_code = 'never_collected'
        and checks.program = enrolments.program
        and uncollected.lines >= checks.threshold
),

-- 11. Enrolled before the program's latest cycle, and without a line in it.
not_on_payroll as (
    select
        enrolments.enrolment_id, 'enrolled_not_on_payroll', enrolments.recipient_record_id,
        -- What the enrolment would have been due.
        coalesce(transfer_values.monthly_amount * (date_diff('month', latest_cycles.period_start, latest_cycles.period_end) + 1), 0),
        latest_cycles.period_start, latest_cycles.period_end,
        'enrolled ' || coalesce(cast(enrolments.enrolled_date as varchar), 'on an unknown day') || '; no line in ' || latest_cycles.cycle_id
    from enrolments
    inner join latest_cycles on latest_cycles.program = enrolments.program
    left join payments on payments.enrolment_id = enrolments.enrolment_id and payments.cycle_id = latest_cycles.cycle_id
    left join {{ ref('transfer_values') }} as transfer_values
        on transfer_values.program = enrolments.program
        and transfer_values.valid_from <= latest_cycles.period_start
        and (transfer_values.valid_to is null or transfer_values.valid_to >= latest_cycles.period_start)
    where enrolments.status = 'active'
        and coalesce(enrolments.enrolled_date, date '1900-01-01') <= latest_cycles.period_start
        and payments.payment_id is null
),

-- 12. Marked as paid, and less than was scheduled.
differing as (
    select
        payments.enrolment_id, 'totals_differ', any_value(enrolments.recipient_record_id),
        sum(payments.amount_due - payments.amount_paid), min(payments.period_start), max(payments.period_end),
        count(*) || ' payments are marked paid and are short of what was due, by '
        || sum(payments.amount_due - payments.amount_paid) || ' together'
    from payments
    inner join enrolments on enrolments.enrolment_id = payments.enrolment_id
    where payments.status = 'paid' and payments.amount_paid < payments.amount_due
    group by payments.enrolment_id
),

found as (
    select * from deceased
    union all select * from exited
    union all select * from not_enrolled
    union all select * from above_value
    union all select * from pension
    union all select * from shared_account
    union all select * from several_households
    union all select * from invalid_id
    union all select * from failed_in_a_row
    union all select * from never_collected
    union all select * from not_on_payroll
    union all select * from differing
),

strays as (
    -- Who pays for an enrolment that is not in the registry.
    select
        enrolment_id,
        any_value(source) as source,
        any_value(program) as program,
        any_value(household_id) as household_id
    from {{ ref('int_payments_not_enrolled') }}
    group by enrolment_id
)

select
    md5(found.enrolment_id || '|' || found.reason_code) as finding_id,
    found.enrolment_id,
    found.reason_code,
    checks.severity,
    coalesce(enrolments.source, strays.source) as source,
    coalesce(enrolments.program, strays.program) as program,
    coalesce(enrolments.household_id, strays.household_id) as household_id,
    enrolments.household_uid,
    found.record_id,
    enrolments.person_uid,
    enrolments.status as enrolment_status,
    enrolments.area_code,
    enrolments.county_code,
    cast(coalesce(found.amount_at_stake, 0) as decimal(18, 2)) as amount_at_stake,
    found.first_date,
    found.last_date,
    found.evidence,
    case found.reason_code
        when 'deceased_still_paid' then {{ any_source_stale('sources.is_stale', kinds=['mis', 'register']) }}
        when 'pension_found' then {{ any_source_stale('sources.is_stale', kinds=['mis', 'register'], codes="'public_payroll'") }}
        when 'shared_account' then {{ any_source_stale('sources.is_stale', kinds=['mis']) }}
        when 'caregiver_several_households' then {{ any_source_stale('sources.is_stale', kinds=['mis']) }}
        else {{ any_source_stale('sources.is_stale') }}
    end as is_source_stale
from found
left join enrolments on enrolments.enrolment_id = found.enrolment_id
left join strays on strays.enrolment_id = found.enrolment_id
inner join checks
    on checks.reason_code = found.reason_code
    and checks.program is not distinct from coalesce(enrolments.program, strays.program)
left join {{ source('ops', 'sources') }} as sources on sources.source = coalesce(enrolments.source, strays.source)
