-- The table that keys and comparisons read: sound codes and value frequencies beside every value.
-- A frequency is the binary logarithm of the share of records (with any value) that hold the value beside one's own; values
-- that one record holds are not listed, for two records never share them.
create or replace temp table {{ target }} as
select p.*,
    g.code as given_code, f.code as family_code, mo.code as mother_code,
    hs.hh is not null as is_accompanied,
    {{ initials }} as initials
    {%- if extra %},
    {{ has_initial }} as has_initial
    {%- endif %}
    {%- for column, _, once in frequent %}, coalesce(fr_{{ column }}.share, {{ once }}) as tf_{{ column }}{% endfor %}
from {{ records }} p
left join lk_household hs on hs.hh = p.hh
left join lk_sound g on g.value = p.given
left join lk_sound f on f.value = p.family
left join lk_sound mo on mo.value = p.mother
{%- for column, table, _ in frequent %}
left join {{ table }} fr_{{ column }} on fr_{{ column }}.value = p.{{ column }}
{%- endfor %}
