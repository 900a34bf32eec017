-- A prohibited overlap, linked for sure, of which both sides are still paid; unless a person has decided that it is none.
-- The other side is told by its program and rule only.
with pairs as (
    {%- for report, level in [('rpt_multiple_receipt', 'person'), ('rpt_household_multiple_receipt', 'household')] %}
    select '{{ level }}' as level, enrolment_id_a, enrolment_id_b, program_a, program_b, rule_code, is_confirmed
    from {{ ref(report) }}
    where verdict = 'prohibited' and match_verdict = 'automatic' and both_still_paid and is_confirmed is distinct from false
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

sides as (
    select level, enrolment_id_a as enrolment_id, enrolment_id_b as other_enrolment_id, program_b as other_program, rule_code, is_confirmed
    from pairs
    union all
    select level, enrolment_id_b, enrolment_id_a, program_a, rule_code, is_confirmed
    from pairs
)

select
    sides.enrolment_id,
    any_value(enrolments.recipient_record_id) as record_id,
    cast(null as decimal(18, 2)) as amount_at_stake,
    any_value(enrolments.first_paid_period_start) as first_date,
    any_value(enrolments.last_paid_period_end) as last_date,
    count(distinct sides.other_enrolment_id) || ' more enrolments of the same '
    || case when bool_or(sides.level = 'person') then 'person' else 'household' end || ' are paid too: '
    || string_agg(distinct sides.other_program || ' (rule ' || sides.rule_code || ')', ', ' order by sides.other_program || ' (rule ' || sides.rule_code || ')')
    || case when bool_or(sides.is_confirmed) then '; confirmed by a decision' else '' end as evidence
from sides
inner join {{ ref('fct_enrolments') }} as enrolments on enrolments.enrolment_id = sides.enrolment_id
group by sides.enrolment_id
