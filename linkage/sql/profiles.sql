-- lk_profiled (l, r, w_m, w_h): pairs of clusters with summed bits for one person and for one household; of each field
-- the mean likelihood ratio over the pairs of records that both hold it. Ratios are added as whole numbers (of 2^-20, so
-- no less than that counts): exact in any order.
{%- macro mean(bits) -%}
coalesce(log2(sum((pow(2, least(greatest({{ bits }}, -20), 40)) * 1048576)::bigint)
    filter (where {{ bits }} is not null)::double / count({{ bits }})) - 20, 0)
{%- endmacro %}
create or replace temp table lk_profiled as
with weighed as (
    select *, {{ namesakes }} as alike from lk_profile_compared
),
bits as (
    select l, r
        {%- for field in fields %},
        if(alike, {{ field.person_namesakes }}[{{ field.level }}], {{ field.person }}[{{ field.level }}])
            {%- if field.has_frequency %} + tf_{{ field.name }}{% endif %} as m_{{ field.name }},
        if(alike, {{ field.household_namesakes }}[{{ field.level }}], {{ field.household }}[{{ field.level }}])
            {%- if field.frequency_is_shared and field.has_frequency %} + tf_{{ field.name }}{% endif %} as h_{{ field.name }}
        {%- endfor %}
    from weighed
)
select p.a as l, p.b as r, 0::bigint as keys,
    {% for field in fields %}{{ mean('m_' ~ field.name) }}{{ " + " if not loop.last }}{% endfor %} as w_m,
    {% for field in fields %}{{ mean('h_' ~ field.name) }}{{ " + " if not loop.last }}{% endfor %} as w_h
from lk_profile_pairs p join bits using (l, r)
group by p.a, p.b
