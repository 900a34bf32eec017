{{ config(schema='staging', contract={'enforced': false}) }}
{%- set fields = golden_fields() %}

-- Which value of each field stands for a person, where it comes from and why it survives: the first of the field's rules
-- that tells the values apart. A table outside the publication, because dim_person and rpt_golden_record read it.
with rules as (
    select
        {%- for field in fields %}
        coalesce(
            list({'rule': rule, 'sources': string_split(coalesce(trim(sources), ''), ' ')} order by position)
                filter (where field = '{{ field }}'),
            []
        ) as {{ field }}_rules{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('survivorship_rules') }}
),

records as (
    select
        {{ uid_or_own('crosswalk.person_uid', 'persons.record_id') }} as person_uid,
        persons.record_id,
        persons.source,
        false as is_register,
        case verification.status when 'verified' then 1 when 'deceased' then 2 when 'found_by_match_key' then 3 else 4 end
            as verification_rank,
        case when verification.status = 'verified' then verification.register_id end as register_id,
        -- Where a source does not say when it changed a record, the interview is the last time that somebody asked.
        coalesce(persons.updated_at, cast(households.interview_date as timestamp)) as recorded_at,
        persons.given_name,
        persons.middle_name,
        persons.family_name,
        persons.full_name,
        persons.birth_date,
        persons.birth_date_precision,
        persons.sex,
        persons.national_id,
        persons.phone,
        persons.area_code,
        persons.county_code
    from {{ ref('int_persons') }} as persons
    left join {{ ref('int_households') }} as households on households.household_id = persons.household_id
    left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk on crosswalk.record_id = persons.record_id
    left join {{ source('linkage', 'verification') }} as verification on verification.record_id = persons.record_id
),

-- The register's own entry, of whom it confirms by ID and in every particular: nobody gets a stranger's name.
register_entries as (
    select
        confirmed.person_uid,
        population.register_id as record_id,
        population.source,
        true as is_register,
        0 as verification_rank,
        population.updated_at as recorded_at,
        population.given_name,
        population.middle_name,
        population.family_name,
        population.full_name,
        population.birth_date,
        case when population.birth_date is null then 'unknown' else 'day' end as birth_date_precision,
        population.sex,
        population.national_id
    from (select distinct person_uid, register_id from records where register_id is not null) as confirmed
    inner join {{ ref('int_population') }} as population on population.register_id = confirmed.register_id
),

entries as (
    select * from records
    union all by name
    select * from register_entries
),

persons as (
    select person_uid, count(*) as entries, count(*) filter (where not is_register) as records
    from entries
    group by person_uid
),

-- Of two values each is held once: only of three is one the most frequent. Counted for all, it took fifty times as long.
frequencies as (
    select
        records.record_id
        {%- for field, expressions in fields.items() %},
        count(*) over (partition by records.person_uid, lower({{ expressions.text }})) as {{ field }}_times
        {%- endfor %}
    from records
    inner join persons on persons.person_uid = records.person_uid
    where persons.records > 2
),

texts as (
    select
        entries.*,
        persons.entries
        {%- for field, expressions in fields.items() %},
        frequencies.{{ field }}_times,
        {{ expressions.value }} as {{ field }}_value,
        {{ expressions.text }} as {{ field }}_text
        {%- endfor %}
    from entries
    inner join persons on persons.person_uid = entries.person_uid
    -- A register's key that looks like a record's finds nothing: the register is no source of records.
    left join frequencies on frequencies.record_id = entries.record_id
),

-- The order of a field's values: a number a rule, the least first.
candidates as (
    select
        texts.*
        {%- for field in fields %},
        -- The register's entry stands for election only where a rule asks for it.
        case
            when not is_register or list_contains(list_transform(rules.{{ field }}_rules, lambda step: step.rule), 'register_first')
                then list_transform(rules.{{ field }}_rules, lambda step: case step.rule
                    {%- for rule, criterion in survivorship_criteria(field).items() %}
                    when '{{ rule }}' then {{ criterion }}
                    {%- endfor %}
                end)
        end as {{ field }}_order
        {%- endfor %}
    from texts
    cross join rules
    where texts.entries > 1
),

survivors as (
    select
        person_uid
        {%- for field in fields %},
        arg_min(
            {'value': {{ field }}_value, 'text': {{ field }}_text, 'source': source, 'record_id': record_id, 'recorded_at': recorded_at, 'position': {{ field }}_order},
            {'position': {{ field }}_order, 'record_id': record_id}
        ) filter (where {{ field }}_text is not null and {{ field }}_order is not null) as {{ field }}
        {%- endfor %}
    from candidates
    group by person_uid
),

-- The next best of those that hold another value: where its order parts from the survivor's, that rule decided.
rivals as (
    select
        candidates.person_uid
        {%- for field in fields %},
        count(candidates.{{ field }}_text) filter (where not candidates.is_register) as {{ field }}_records,
        count(*) filter (
            where not candidates.is_register and lower(candidates.{{ field }}_text) <> lower(survivors.{{ field }}.text)
        ) as {{ field }}_records_that_differ,
        min(candidates.{{ field }}_order) filter (
            where lower(candidates.{{ field }}_text) <> lower(survivors.{{ field }}.text)
        ) as {{ field }}_rival
        {%- endfor %}
    from candidates
    inner join survivors on survivors.person_uid = candidates.person_uid
    group by candidates.person_uid
),

contested as (
    select
        survivors.person_uid
        {%- for field in fields %},
        case when survivors.{{ field }} is not null then {
            'value': survivors.{{ field }}.value,
            'text': survivors.{{ field }}.text,
            'rule': case
                when rivals.{{ field }}_rival is null then 'agreed'
                else coalesce(
                    rules.{{ field }}_rules[list_position(
                        list_transform(rules.{{ field }}_rules, lambda step, i: survivors.{{ field }}.position[i] <> rivals.{{ field }}_rival[i]),
                        true
                    )].rule,
                    'least_record_id'
                )
            end,
            'source': survivors.{{ field }}.source,
            'record_id': survivors.{{ field }}.record_id,
            'recorded_at': survivors.{{ field }}.recorded_at,
            'records': rivals.{{ field }}_records,
            'records_that_differ': rivals.{{ field }}_records_that_differ
        } end as {{ field }}
        {%- endfor %}
    from survivors
    inner join rivals on rivals.person_uid = survivors.person_uid
    cross join rules
)

select * from contested
union all by name
-- Most persons have one record, and nothing to decide.
select
    person_uid
    {%- for field in fields %},
    case when {{ field }}_text is not null then {
        'value': {{ field }}_value,
        'text': {{ field }}_text,
        'rule': 'agreed',
        'source': source,
        'record_id': record_id,
        'recorded_at': recorded_at,
        'records': 1::bigint,
        'records_that_differ': 0::bigint
    } end as {{ field }}
    {%- endfor %}
from texts
where entries = 1
