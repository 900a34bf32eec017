-- Two benefits on one person's rows at the same time, judged by the overlap rules. Receiving two is not an offence:
-- each row says prohibited, allowed or for_review. A pair that linkage sent to review is suspected only
-- (match_verdict = review): nobody may call it a duplicate before a person has decided.
with receiving as (
    select * from {{ ref('fct_enrolments') }} where {{ is_held_by_person() }}
),

same_person as (
    select first.enrolment_id as enrolment_id_a, second.enrolment_id as enrolment_id_b, 'automatic' as match_verdict
    from receiving as first
    inner join receiving as second
        on second.person_uid = first.person_uid and {{ comes_first('first', 'second') }}
),

perhaps_same_person as (
    -- Records of one enrolment's recipient and another's that may be one person.
    select distinct
        case when {{ comes_first('left_side', 'right_side') }} then left_side.enrolment_id else right_side.enrolment_id end as enrolment_id_a,
        case when {{ comes_first('left_side', 'right_side') }} then right_side.enrolment_id else left_side.enrolment_id end as enrolment_id_b,
        'review' as match_verdict
    from {{ source('linkage', 'pairs') }} as linked
    inner join receiving as left_side on left_side.recipient_record_id = linked.record_id_l
    inner join receiving as right_side on right_side.recipient_record_id = linked.record_id_r
    where linked.verdict = 'review'
        and left_side.person_uid <> right_side.person_uid
        and left_side.enrolment_id <> right_side.enrolment_id
),

found as (
    select * from same_person
    union all
    select * from perhaps_same_person
),

overlapping as (
    select
        {{ pair_id('person', 'found.enrolment_id_a', 'found.enrolment_id_b') }} as match_id,
        found.match_verdict,
        first.person_uid,
        second.person_uid as person_uid_b,
        true as is_same_recipient,
        first.household_uid = second.household_uid
        or coalesce(first.is_recipient_of_household and second.is_recipient_of_household, false) as is_one_household,
    
    first.enrolment_id as enrolment_id_a, second.enrolment_id as enrolment_id_b,
        first.program as program_a, second.program as program_b,
        first.recipient_record_id as record_id_a, second.recipient_record_id as record_id_b,
        first.household_id as household_id_a, second.household_id as household_id_b,
        first.status as status_a, second.status as status_b,
        first.county_code as county_code_a, second.county_code as county_code_b,
        first.last_paid_date as last_paid_date_a, second.last_paid_date as last_paid_date_b,
        first.is_still_paid and second.is_still_paid as is_both_still_paid,
        first.is_source_stale or second.is_source_stale as is_source_stale,
        -- Both receive from the later beginning to the earlier end.
        greatest(first.first_paid_period_start, second.first_paid_period_start) as overlap_from,
        least(first.last_paid_period_end, second.last_paid_period_end) as overlap_to
    from found
    inner join receiving as first on first.enrolment_id = found.enrolment_id_a
    inner join receiving as second on second.enrolment_id = found.enrolment_id_b
    where greatest(first.first_paid_period_start, second.first_paid_period_start)
        <= least(first.last_paid_period_end, second.last_paid_period_end)
),

{{ judge_overlaps('overlapping', 'person') }},

evidence as (
    -- The best pair between the two recipients' records.
    select
        weighed.match_id,
        arg_max(linked.match_key, linked.match_weight) as match_key,
        max(linked.match_probability) as match_probability,
        max(linked.match_weight) as match_weight
    from weighed
    inner join {{ source('linkage', 'pairs') }} as linked
        on least(linked.record_id_l, linked.record_id_r) = least(weighed.record_id_a, weighed.record_id_b)
        and greatest(linked.record_id_l, linked.record_id_r) = greatest(weighed.record_id_a, weighed.record_id_b)
    group by weighed.match_id
)

select
    weighed.match_id,
    weighed.person_uid,
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
    weighed.person_uid_b,
    case
        when weighed.record_id_a = weighed.record_id_b then 'same_record'
        else coalesce(evidence.match_key, 'through_other_records')
    end as match_key,
    evidence.match_probability,
    evidence.match_weight,
    -- Empty until a person has decided.
    confirmations.is_confirmed,
    weighed.is_source_stale
from weighed
left join evidence on evidence.match_id = weighed.match_id
left join ({{ confirmations() }}) as confirmations
    on confirmations.enrolment_id_1 = least(weighed.enrolment_id_a, weighed.enrolment_id_b)
    and confirmations.enrolment_id_2 = greatest(weighed.enrolment_id_a, weighed.enrolment_id_b)
