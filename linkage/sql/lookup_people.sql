-- The register's people as numbers, each at its position; who stands for others the same in every role is there alone, so
-- that some positions hold nothing.
select people.*{% if has_number %}, numbers.share as tf_nid{% endif %}
from lookup_population as population
left join {{ state }}.people as people on people.r = population.position + {{ first }}
{%- if has_number %}
left join {{ state }}.frequency_nid as numbers on numbers.value = people.nid
{%- endif %}
order by population.position
