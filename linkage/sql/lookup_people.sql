-- The register's people as numbers, each at its position; who stands for others the same in every role is there alone, so
-- that some positions hold nothing.
select p.*, {{ has_initial }} as has_initial{% for column in frequent %}, f_{{ column }}.share as tf_{{ column }}{% endfor %}
from lookup_population as population
left join {{ state }}.people as p on p.r = population.position + {{ first }}
{%- for column in frequent %}
left join {{ state }}.frequency_{{ column }} as f_{{ column }} on f_{{ column }}.value = p.{{ column }}
{%- endfor %}
order by population.position
