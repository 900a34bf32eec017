-- Two enrolments in one household at the same time, judged by the overlap rules; the household's side of
-- rpt_multiple_receipt. A pair counts from enrolment on, so that a prohibited one shows before the first payment.
-- Where linkage left the tie between two households to review, the row is suspected only.
with receiving as (
    select
        *,
        least(enrolled_date, first_paid_period_start) as spell_from,
        -- Paid after the exit is enrolled still, in the purse if not in the books.
        case when exit_date is null then {{ reporting_date() }} else greatest(exit_date, last_paid_period_end) end as spell_to
    from {{ ref('fct_enrolments') }}
    where {{ is_held_by_household() }}
),

same_household as (
    -- Two persons of one program's household each with their own enrolment are that program's own affair.
    select first.enrolment_id as enrolment_id_a, second.enrolment_id as enrolment_id_b, 'automatic' as match_verdict
    from receiving as first
    inner join receiving as second
        on second.household_uid = first.household_uid and {{ comes_first('first', 'second') }}
    where first.household_id <> second.household_id or first.program <> second.program
),

perhaps_same_household as (
    select distinct
        case when {{ comes_first('left_side', 'right_side') }} then left_side.enrolment_id else right_side.enrolment_id end as enrolment_id_a,
        case when {{ comes_first('left_side', 'right_side') }} then right_side.enrolment_id else left_side.enrolment_id end as enrolment_id_b,
        'review' as match_verdict
    from {{ source('linkage', 'household_ties') }} as ties
    inner join receiving as left_side on left_side.household_id = ties.household_id_l
    inner join receiving as right_side on right_side.household_id = ties.household_id_r
    where ties.verdict = 'review'
        and left_side.household_uid <> right_side.household_uid
),

found as (
    select * from same_household
    union all
    select * from perhaps_same_household
),

overlapping as (
    select
        {{ pair_id('household', 'found.enrolment_id_a', 'found.enrolment_id_b') }} as match_id,
        found.match_verdict,
        first.household_uid,
        second.household_uid as household_uid_b,
        first.person_uid = second.person_uid as is_same_recipient,
    
    first.enrolment_id as enrolment_id_a, second.enrolment_id as enrolment_id_b,
        first.program as program_a, second.program as program_b,
        first.recipient_record_id as record_id_a, second.recipient_record_id as record_id_b,
        first.household_id as household_id_a, second.household_id as household_id_b,
        first.status as status_a, second.status as status_b,
        first.county_code as county_code_a, second.county_code as county_code_b,
        first.last_paid_date as last_paid_date_a, second.last_paid_date as last_paid_date_b,
        first.is_still_paid and second.is_still_paid as is_both_still_paid,
        first.is_source_stale or second.is_source_stale as is_source_stale,
        -- Both are enrolled from the later beginning to the earlier end.
        greatest(first.spell_from, second.spell_from) as overlap_from,
        least(first.spell_to, second.spell_to) as overlap_to
    from found
    inner join receiving as first on first.enrolment_id = found.enrolment_id_a
    inner join receiving as second on second.enrolment_id = found.enrolment_id_b
    where greatest(first.spell_from, second.spell_from)
        <= least(first.spell_to, second.spell_to)
),

{{ judge_overlaps('overlapping', 'household') }},

members as (
    select persons.household_id, {{ uid_or_own('crosswalk.person_uid', 'persons.record_id') }} as person_uid
    from {{ ref('int_persons') }} as persons
    left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk on crosswalk.record_id = persons.record_id
),

shared as (
    select weighed.match_id, count(distinct first_members.person_uid) as shared_persons
    from weighed
    inner join members as first_members on first_members.household_id = weighed.household_id_a
    inner join members as second_members
        on second_members.household_id = weighed.household_id_b and second_members.person_uid = first_members.person_uid
    group by weighed.match_id
),

ties as (
    select
        least(household_id_l, household_id_r) as household_id_1,
        greatest(household_id_l, household_id_r) as household_id_2,
        max(shared_persons) as shared_persons
    from {{ source('linkage', 'household_ties') }}
    group by 1, 2
)

select
    weighed.match_id,
    weighed.household_uid,
    weighed.program_a,
    weighed.program_b,
    weighed.enrolment_id_a,
    weighed.enrolment_id_b,
    weighed.record_id_a,
    weighed.record_id_b,
    weighed.household_id_a,
    weighed.household_id_b,
    weighed.status_a,
    weighed.status_b,
    weighed.county_code_a,
    weighed.county_code_b,
    weighed.rule_code,
    weighed.rule_level,
    weighed.verdict,
    weighed.overlap_from,
    weighed.overlap_to,
    weighed.amount_a,
    weighed.amount_b,
    weighed.money_at_stake,
    weighed.is_both_still_paid as both_still_paid,
    weighed.last_paid_date_a,
    weighed.last_paid_date_b,
    weighed.match_verdict,
    weighed.household_uid_b,
    weighed.is_same_recipient,
    weighed.amount_a > 0 and weighed.amount_b > 0 as is_both_paid,
    greatest(coalesce(shared.shared_persons, 0), coalesce(ties.shared_persons, 0)) as shared_persons,
    -- Empty until a person has decided.
    confirmations.is_confirmed,
    weighed.is_source_stale
from weighed
left join shared on shared.match_id = weighed.match_id
left join ties
    on ties.household_id_1 = least(weighed.household_id_a, weighed.household_id_b)
    and ties.household_id_2 = greatest(weighed.household_id_a, weighed.household_id_b)
left join ({{ confirmations() }}) as confirmations
    on confirmations.enrolment_id_1 = least(weighed.enrolment_id_a, weighed.enrolment_id_b)
    and confirmations.enrolment_id_2 = greatest(weighed.enrolment_id_a, weighed.enrolment_id_b)
