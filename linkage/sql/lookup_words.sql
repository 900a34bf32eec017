-- The dictionary in the order of its numbers, with how common each text is in the columns that hold it.
select words.*{% for column in columns %}, f_{{ column }}.share as {{ column }}{% endfor %}
from {{ state }}.words as words
{%- for column in columns %}
left join {{ state }}.frequency_{{ column }} as f_{{ column }} on f_{{ column }}.word = words.word
{%- endfor %}
order by words.word
