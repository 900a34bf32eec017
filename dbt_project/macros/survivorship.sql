{#- The fields of a golden record. `value` is what survives; `text` is how it is shown and compared (without regard to
    upper and lower case). What is taken together comes from one record: a name is never put together from two. -#}
{% macro golden_fields() -%}
    {{ return({
        'full_name': {'value': 'full_name', 'text': 'full_name'},
        'name_parts': {
            'value': "case when family_name is not null then {'given_name': given_name, 'middle_name': middle_name, 'family_name': family_name} end",
            'text': "case when family_name is not null then concat_ws(' ', given_name, middle_name, family_name) end"
        },
        'birth_date': {
            'value': "case when birth_date is not null then {'birth_date': birth_date, 'precision': birth_date_precision} end",
            'text': "strftime(birth_date, '%Y-%m-%d')"
        },
        'sex': {'value': 'sex', 'text': 'sex'},
        'national_id': {'value': 'national_id', 'text': 'national_id'},
        'phone': {'value': 'phone', 'text': 'phone'},
        'area_code': {
            'value': "case when area_code is not null then {'area_code': area_code, 'county_code': county_code} end",
            'text': 'area_code'
        }
    }) }}
{%- endmacro %}

{#- The rules that survivorship_rules may name, each as a number: of two values the one with the lesser survives. -#}
{% macro survivorship_criteria(field) -%}
    {{ return({
        'register_first': 'if(is_register, 0, 1)',
        'verified_first': 'verification_rank',
        'with_national_id': 'if(national_id is null, 1, 0)',
        'most_recent': 'coalesce(-epoch(recorded_at), 9e18)::bigint',
        'most_frequent': '-coalesce(' ~ field ~ '_times, 1)',
        'longest': '-length(' ~ field ~ '_text)',
        'most_precise': "case birth_date_precision when 'day' then 0 when 'month' then 1 when 'year' then 2 else 3 end",
        'source_priority': 'coalesce(list_position(step.sources, source), 1000)'
    }) }}
{%- endmacro %}
