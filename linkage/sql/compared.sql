-- The table that keys and comparisons read: sound codes and value frequencies beside every value.
-- A frequency is the binary logarithm of the share of records (with any value) that hold the value.
create or replace temp table lk_rec as
select p.*,
    g.code as given_code, f.code as family_code, mo.code as mother_code,
    array_to_string(list_sort(list_distinct(list_filter(list_concat([p.given, p.family], p.extra), lambda t: t is not null))), ' ') as tokens,
    array_to_string(list_sort(list_filter([p.given[1], p.family[1]], lambda t: t is not null)), '') as initials
    {%- if extra %},
    list_transform(p.extra, lambda t: t[1]) as initial, len(list_filter(p.extra, lambda t: length(t) = 1)) > 0 as has_initial
    {%- endif %}
    {%- for column in frequent %}, fr_{{ column }}.share as tf_{{ column }}{% endfor %}
from lk_plain p
left join lk_sound g on g.value = p.given
left join lk_sound f on f.value = p.family
left join lk_sound mo on mo.value = p.mother
{%- for column in frequent %}
left join lk_frequency_{{ column }} fr_{{ column }} on fr_{{ column }}.value = p.{{ column }}
{%- endfor %}
{% if shadows %}where not exists (select 1 from lk_shadow s where s.shadow = p.r){% endif %}
order by p.r
