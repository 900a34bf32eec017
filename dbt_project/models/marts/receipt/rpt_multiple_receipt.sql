-- Two benefits on one person's rows at the same time, judged by the overlap rules. Receiving two is not an offence:
-- each row says prohibited, allowed or for_review. A pair that linkage sent to review is suspected only
-- (match_verdict = review): nobody may call it a duplicate before a person has decided.
with receiving as (
    select *, first_paid_period_start as spell_from, last_paid_period_end as spell_to
    from {{ ref('fct_enrolments') }}
    where {{ is_held_by_person() }}
),

found as (
    select first.enrolment_id as enrolment_id_a, second.enrolment_id as enrolment_id_b, 'automatic' as match_verdict
    from receiving as first
    inner join receiving as second
        on second.person_uid = first.person_uid and {{ comes_first('first', 'second') }}
    union all
    -- Records of one enrolment's recipient and another's that may be one person.
    select distinct {{ in_order('left_side', 'right_side') }}, 'review'
    from {{ source('linkage', 'pairs') }} as linked
    inner join receiving as left_side on left_side.recipient_record_id = linked.record_id_l
    inner join receiving as right_side on right_side.recipient_record_id = linked.record_id_r
    where linked.verdict = 'review'
        and left_side.person_uid <> right_side.person_uid
        and left_side.enrolment_id <> right_side.enrolment_id
),

{{ judge_overlaps('person') }},

evidence as (
    -- The best pair between the two recipients' records.
    select
        weighed.match_id,
        {{ value_at_greatest('linked.match_key', '(linked.match_weight, linked.match_key)') }} as match_key,
        max(linked.match_probability) as match_probability,
        max(linked.match_weight) as match_weight
    from weighed
    inner join {{ source('linkage', 'pairs') }} as linked
        on least(linked.record_id_l, linked.record_id_r) = least(weighed.record_id_a, weighed.record_id_b)
        and greatest(linked.record_id_l, linked.record_id_r) = greatest(weighed.record_id_a, weighed.record_id_b)
    group by weighed.match_id
)

select
    {{ pair_columns('person') }},
    case
        when weighed.record_id_a = weighed.record_id_b then 'same_record'
        else coalesce(evidence.match_key, 'through_other_records')
    end as match_key,
    evidence.match_probability,
    evidence.match_weight
from weighed
left join evidence on evidence.match_id = weighed.match_id
