-- Signs that a visit may be worth its while: one row a person and rule, with the evidence, and the scores they add up to.
-- FOR INSPECTION ONLY. A flag proves nothing, and nobody may be refused, suspended or removed by a flag or a score.
-- The rules, their weights and thresholds are declared in the seed risk_rules.
with rules as (
    select * from {{ ref('risk_rules') }} where is_active
),

enrolled as (
    select * from {{ ref('fct_enrolments') }} where status in ('active', 'suspended')
),

-- A number to compare with the rule's threshold, for each person it is about. A rule without one counts from 1.
measured as (
    select 'pension_found' as rule_code, enrolled.person_uid, enrolled.household_uid, 1 as measure,
        'the ID number is on the list of public pensions' as evidence
    from enrolled
    inner join {{ ref('int_public_payroll_people') }} as people
        on people.person_uid = enrolled.person_uid and people.is_pensioner
    union all
    select 'public_wage_found', enrolled.person_uid, enrolled.household_uid, 1,
        'the ID number is on the public payroll'
    from enrolled
    inner join {{ ref('int_public_payroll_people') }} as people
        on people.person_uid = enrolled.person_uid and people.is_employed
    union all
    select 'shared_account', enrolled.person_uid, enrolled.household_uid, accounts.persons_on_account,
        'the account is ' || accounts.persons_on_account || ' persons'''
    from enrolled
    inner join {{ ref('int_account_use') }} as accounts on accounts.enrolment_id = enrolled.enrolment_id
    union all
    select 'collects_for_several_households', collector_uid, household_uid, households,
        'collects for ' || households || ' households'
    from {{ ref('int_collectors') }}
    where is_caregiver
    union all
    select 'phone_of_many_households', {{ uid_or_own('crosswalk.person_uid', 'phones.record_id') }}, enrolled.household_uid,
        phones.households, 'the telephone stands in ' || phones.households || ' households'
    from {{ ref('int_phone_use') }} as phones
    inner join enrolled on enrolled.household_id = phones.household_id
    left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk on crosswalk.record_id = phones.record_id
    union all
    select 'absent_from_school', {{ uid_or_own('crosswalk.person_uid', 'absences.record_id') }}, enrolled.household_uid,
        absences.absent_percent, absences.absence
    from {{ ref('int_school_absence') }} as absences
    inner join enrolled on enrolled.household_id = absences.household_id
    left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk on crosswalk.record_id = absences.record_id
    union all
    select 'several_payroll_findings', person_uid, min(household_uid), count(distinct reason_code),
        count(distinct reason_code) || ' kinds of findings before the next payroll: '
        || string_agg(distinct replace(reason_code, '_', ' '), ', ' order by replace(reason_code, '_', ' '))
    from {{ ref('rpt_payroll_pre') }}
    where person_uid is not null and decided_under = 'payroll'
    group by person_uid
),

flags as (
    select
        measured.person_uid,
        measured.rule_code,
        rules.weight,
        rules.threshold,
        arg_max(measured.measure, (measured.measure, measured.evidence)) as measure,
        arg_max(measured.evidence, (measured.measure, measured.evidence)) as evidence,
        -- Of several households the one that the evidence is about.
        arg_max(measured.household_uid, (measured.measure, measured.evidence, measured.household_uid)) as household_uid
    from measured
    inner join rules on rules.rule_code = measured.rule_code and measured.measure >= coalesce(rules.threshold, 1)
    group by measured.person_uid, measured.rule_code, rules.weight, rules.threshold
)

select
    md5(flags.person_uid || '|' || flags.rule_code) as flag_id,
    flags.person_uid,
    flags.rule_code,
    flags.household_uid,
    flags.weight,
    cast(flags.measure as double) as measure,
    flags.threshold,
    flags.evidence,
    cast(sum(flags.weight) over (partition by flags.person_uid) as integer) as person_score,
    cast(sum(flags.weight) over (partition by flags.household_uid) as integer) as household_score,
    persons.county_code,
    -- Says it on every row, wherever the row is copied to.
    'for inspection only' as use_limit,
    case
        when flags.rule_code in ('pension_found', 'public_wage_found') then {{ any_source_stale('persons.is_source_stale', codes="'public_payroll'") }}
        when flags.rule_code = 'absent_from_school' then {{ any_source_stale('persons.is_source_stale', codes="'school'") }}
        else {{ any_source_stale('persons.is_source_stale', kinds=['mis']) }}
    end as is_source_stale
from flags
left join {{ ref('dim_person') }} as persons on persons.person_uid = flags.person_uid
