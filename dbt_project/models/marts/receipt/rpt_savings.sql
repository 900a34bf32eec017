-- Duplicates that people confirmed: what has been saved since, and where both sides are still paid. One row a pair of
-- enrolments. A pair is a confirmed duplicate when it was decided to be one person, and either the rules prohibit it or
-- one side was to exit; "keep both" where the rules leave it open is no duplicate.
with decided as (
    select *, least(enrolment_id, other_enrolment_id) || '|' || greatest(enrolment_id, other_enrolment_id) as pair
    from {{ source('ops', 'answers') }}
    where kind = 'duplicate' and decision = 'same person' and state = 'in_force' and is_current
),

confirmed as (
    select
        pair,
        any_value(enrolment_id) as enrolment_id,
        any_value(other_enrolment_id) as other_enrolment_id,
        max(match_id) as match_id,
        min(in_force_since) as confirmed_date,
        -- Deciding again gives both sides time again.
        max(decided_on) as last_decided_date,
        bool_or(reason = 'prohibited') as is_prohibited
    from decided
    group by pair
    having bool_or(reason = 'prohibited') or bool_or(action in ('exit here', 'exit there'))
),

sides as (
    select
        confirmed.pair,
        confirmed.confirmed_date,
        confirmed.last_decided_date,
        enrolments.*,
        row_number() over (partition by confirmed.pair order by enrolments.program, enrolments.enrolment_id) as side
    from (select *, unnest([enrolment_id, other_enrolment_id]) as side_enrolment_id from confirmed) as confirmed
    inner join {{ ref('fct_enrolments') }} as enrolments on enrolments.enrolment_id = confirmed.side_enrolment_id
),

lines as (
    select
        payments.enrolment_id, payments.cycle_id,
        sum(payments.amount_due) as amount_due, sum(payments.amount_paid) as amount_paid
    from {{ ref('fct_payments') }} as payments
    where payments.enrolment_id in (select sides.enrolment_id from sides)
    group by payments.enrolment_id, payments.cycle_id
),

cycles as (
    select
        sides.pair,
        sides.side,
        cycles.months,
        cycles.period_start,
        cycles.period_start > sides.confirmed_date as is_since,
        -- The how manieth cycle after the last decision, and before the first one.
        count(*) filter (where cycles.period_start > sides.last_decided_date) over later as cycles_after,
        count(*) filter (where cycles.period_start <= sides.confirmed_date) over earlier as cycles_before,
        coalesce(lines.amount_due, 0) as amount_due,
        coalesce(lines.amount_paid, 0) as amount_paid
    from sides
    inner join {{ ref('dim_payment_cycle') }} as cycles
        on cycles.program = sides.program and cycles.cycles_back is not null
    left join lines on lines.enrolment_id = sides.enrolment_id and lines.cycle_id = cycles.cycle_id
    window
        later as (partition by sides.pair, sides.side order by cycles.period_start),
        earlier as (partition by sides.pair, sides.side order by cycles.period_start desc)
),

usual as (
    -- What a month paid when the decision was taken: by the later of the two cycles before it that has a line, since
    -- arrears are common. A side without one had stopped before.
    select pair, side, arg_max(amount_due / months, period_start) as monthly_amount
    from cycles
    where not is_since and cycles_before <= 2 and amount_due > 0
    group by pair, side
),

since as (
    select
        cycles.pair,
        cycles.side,
        count(*) filter (where cycles.is_since) as cycles_since,
        coalesce(sum(cycles.amount_paid) filter (where cycles.is_since), 0) as paid_since,
        coalesce(
            sum(usual.monthly_amount * cycles.months) filter (where cycles.is_since and cycles.amount_due = 0), 0
        ) as not_due_since,
        coalesce(bool_or(cycles.cycles_after >= 2 and cycles.amount_paid > 0), false) as is_paid_two_cycles_on
    from cycles
    left join usual on usual.pair = cycles.pair and usual.side = cycles.side
    group by cycles.pair, cycles.side
),

weighed as (
    select
        sides.*,
        coalesce(since.cycles_since, 0) as cycles_since,
        cast(coalesce(since.paid_since, 0) as decimal(18, 2)) as paid_since,
        cast(coalesce(since.not_due_since, 0) as decimal(18, 2)) as not_due_since,
        sides.is_still_paid and coalesce(since.is_paid_two_cycles_on, false) as is_paid_on
    from sides
    left join since on since.pair = sides.pair and since.side = sides.side
),

saved as (
    -- The side that has ended. Where both have, one of them would have been right: the lesser is what the duplicate
    -- would have cost. Confirmed against two others, an enrolment ends once: the pair confirmed first has its saving.
    select
        pair,
        arg_min(enrolment_id, (not_due_since, enrolment_id)) filter (where not_due_since > 0) as ended_enrolment_id,
        min(not_due_since) filter (where not_due_since > 0) as money_saved
    from weighed
    group by pair
    having count(*) = 2
    qualify row_number() over (partition by ended_enrolment_id order by min(confirmed_date), pair) = 1
),

at_stake as (
    select enrolment_id_a, enrolment_id_b, max(money_at_stake) as money_at_stake
    from ({{ pairs_of_both_levels(['enrolment_id_a', 'enrolment_id_b', 'money_at_stake']) }})
    group by enrolment_id_a, enrolment_id_b
)

select
    confirmed.match_id,
    first.program as program_a,
    second.program as program_b,
    first.enrolment_id as enrolment_id_a,
    second.enrolment_id as enrolment_id_b,
    first.county_code as county_code_a,
    second.county_code as county_code_b,
    confirmed.is_prohibited,
    confirmed.confirmed_date,
    confirmed.last_decided_date,
    cast(coalesce(at_stake.money_at_stake, 0) as decimal(18, 2)) as money_at_stake,
    first.cycles_since as cycles_since_a,
    second.cycles_since as cycles_since_b,
    first.paid_since as paid_since_a,
    second.paid_since as paid_since_b,
    cast(coalesce(saved.money_saved, 0) as decimal(18, 2)) as money_saved,
    first.is_still_paid and second.is_still_paid as both_still_paid,
    first.is_paid_on and second.is_paid_on as is_escalation_due,
    first.is_source_stale or second.is_source_stale as is_source_stale
from confirmed
inner join weighed as first on first.pair = confirmed.pair and first.side = 1
inner join weighed as second on second.pair = confirmed.pair and second.side = 2
left join saved on saved.pair = confirmed.pair
left join at_stake on at_stake.enrolment_id_a = first.enrolment_id and at_stake.enrolment_id_b = second.enrolment_id
