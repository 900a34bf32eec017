-- Two enrolments in one household at the same time, judged by the overlap rules; the household's side of
-- rpt_multiple_receipt. A pair counts from enrolment on, so that a prohibited one shows before the first payment.
-- Where linkage left the tie between two households to review, the row is suspected only.
with receiving as (
    select
        *,
        least(enrolled_date, first_paid_period_start) as spell_from,
        -- Paid after the exit is enrolled still, in the purse if not in the books.
        case
            when valid_to is null then {{ reporting_date() }} else greatest(valid_to, last_paid_period_end)
        end as spell_to
    from {{ ref('fct_enrolments') }}
    where {{ is_held_by_household() }}
),

found as (
    -- Two persons of one program's household each with their own enrolment are that program's own affair.
    select first.enrolment_id as enrolment_id_a, second.enrolment_id as enrolment_id_b, 'automatic' as match_verdict
    from receiving as first
    inner join receiving as second
        on second.household_uid = first.household_uid and {{ comes_first('first', 'second') }}
    where first.household_id <> second.household_id or first.program <> second.program
    union all
    select distinct {{ in_order('left_side', 'right_side') }}, 'review'
    from {{ source('linkage', 'household_ties') }} as ties
    inner join receiving as left_side on left_side.household_id = ties.household_id_l
    inner join receiving as right_side on right_side.household_id = ties.household_id_r
    where ties.verdict = 'review'
        and left_side.household_uid <> right_side.household_uid
),

{{ judge_overlaps('household') }},

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
    {{ pair_columns('household') }},
    weighed.is_same_recipient,
    weighed.amount_a > 0 and weighed.amount_b > 0 as is_both_paid,
    greatest(coalesce(shared.shared_persons, 0), coalesce(ties.shared_persons, 0)) as shared_persons
from weighed
left join shared on shared.match_id = weighed.match_id
left join ties
    on ties.household_id_1 = least(weighed.household_id_a, weighed.household_id_b)
    and ties.household_id_2 = greatest(weighed.household_id_a, weighed.household_id_b)
