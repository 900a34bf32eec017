-- lk_profiled (l, r, w_m, w_h): pairs of clusters with summed bits for one person and for one household; of each field
-- the mean likelihood ratio over the pairs of records that both hold it.
create or replace temp table lk_profiled as
with weighed as (
    select c.l, c.r, {{ namesakes }} as alike, c.* exclude (l, r)
    from lk_profile_compared c
),
fields as (
    select p.a, p.b
        {%- for field in fields %},
        avg(pow(2, if(alike, {{ field.person_namesakes }}[{{ field.level }}], {{ field.person }}[{{ field.level }}])
            {%- if field.has_frequency %} + tf_{{ field.name }}{% endif %})) as m_{{ field.name }},
        avg(pow(2, if(alike, {{ field.household_namesakes }}[{{ field.level }}], {{ field.household }}[{{ field.level }}])
            {%- if field.frequency_is_shared and field.has_frequency %} + tf_{{ field.name }}{% endif %})) as h_{{ field.name }}
        {%- endfor %}
    from lk_profile_pairs p join weighed w using (l, r)
    group by p.a, p.b
)
select a as l, b as r, 0::bigint as keys,
    {% for field in fields %}coalesce(log2(m_{{ field.name }}), 0){{ " + " if not loop.last }}{% endfor %} as w_m,
    {% for field in fields %}coalesce(log2(h_{{ field.name }}), 0){{ " + " if not loop.last }}{% endfor %} as w_h
from fields
