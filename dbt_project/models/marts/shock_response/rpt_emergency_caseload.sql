-- Whom emergency money would reach through the programs, household by household, once: vertical who is paid now, and
-- horizontal who stands by and is paid by nobody. A household without living members has no row.
with enrolments as (
    select
        enrolment_id, program, household_uid, household_id, recipient_record_id, person_uid, account_no,
        account_provider, area_code, county_code, is_source_stale, last_paid_period_end,
        case when status = 'standby' then 'horizontal' else 'vertical' end as expansion
    from {{ ref('fct_enrolments') }}
    where status = 'standby' or (status = 'active' and is_still_paid)
),

last_credits as (
    -- What became of the latest credit that was settled, one way or the other.
    select
        payments.enrolment_id,
        arg_max(payments.status, (payments.period_start, payments.payment_id)) as status
    from {{ ref('fct_payments') }} as payments
    where payments.status <> 'scheduled'
    group by payments.enrolment_id
),

accounts as (
    select
        enrolments.*,
        case
            when enrolments.account_no is null then 'none'
            when last_credits.status is null then 'untried'
            when last_credits.status = 'paid' then 'working'
            when last_credits.status = 'unclaimed' then 'unclaimed'
            else 'failing'
        end as account_status
    from enrolments
    left join last_credits on last_credits.enrolment_id = enrolments.enrolment_id
),

chosen as (
    -- One way to pay a household: who is paid now comes before who stands by, then the account that works best.
    select *
    from accounts
    qualify row_number() over (
        partition by household_uid
        order by
            expansion desc,
            case account_status when 'working' then 1 when 'untried' then 2 when 'unclaimed' then 3 when 'failing' then 4 else 5 end,
            last_paid_period_end desc nulls last,
            enrolment_id
    ) = 1
),

programs as (
    select household_uid, string_agg(distinct program, ', ' order by program) as programs
    from enrolments
    group by household_uid
),

members as (
    select distinct
        households.household_uid,
        {{ uid_or_own('crosswalk.person_uid', 'persons.record_id') }} as person_uid
    from {{ ref('int_persons') }} as persons
    inner join (select distinct household_uid, household_id from enrolments) as households
        on households.household_id = persons.household_id
    left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk on crosswalk.record_id = persons.record_id
),

living as (
    select members.household_uid, count(*) as living_persons
    from members
    left join {{ ref('dim_person') }} as known on known.person_uid = members.person_uid
    where known.person_uid is null or {{ lives_here('known', reporting_date()) }}
    group by members.household_uid
),

topups as (
    -- A row for the program comes before the row for all.
    select
        chosen.household_uid,
        topups.amount_per_household,
        topups.amount_per_person
    from chosen
    inner join {{ ref('emergency_topups') }} as topups
        on topups.expansion = chosen.expansion
        and (topups.program is null or topups.program = chosen.program)
        and topups.valid_from <= {{ reporting_date() }}
        and (topups.valid_to is null or topups.valid_to >= {{ reporting_date() }})
    qualify row_number() over (partition by chosen.household_uid order by topups.program nulls last, topups.valid_from desc) = 1
)

select
    chosen.household_uid,
    chosen.expansion,
    chosen.program,
    programs.programs,
    chosen.enrolment_id,
    chosen.household_id,
    chosen.person_uid,
    coalesce(collectors.is_deceased, false) as is_recipient_deceased,
    chosen.area_code,
    chosen.county_code,
    living.living_persons,
    chosen.account_no,
    chosen.account_provider,
    chosen.account_status,
    chosen.account_status in ('working', 'untried') as is_payable,
    cast(topups.amount_per_household + topups.amount_per_person * living.living_persons as decimal(18, 2)) as topup_amount,
    {{ any_source_stale('chosen.is_source_stale', kinds=['register']) }} as is_source_stale
from chosen
inner join programs on programs.household_uid = chosen.household_uid
inner join living on living.household_uid = chosen.household_uid
left join topups on topups.household_uid = chosen.household_uid
left join {{ ref('dim_person') }} as collectors on collectors.person_uid = chosen.person_uid
