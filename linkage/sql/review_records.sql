-- Both records of each drawn pair side by side, as text. Ordered by another hash than the one that drew them, so that
-- the order tells nothing of the strata.
select record_id_l, record_id_r
    {%- for column in shown %}, a.{{ column }}::varchar, b.{{ column }}::varchar{% endfor %}
from review_drawn
left join registry.persons a on a.record_id = record_id_l
left join registry.persons b on b.record_id = record_id_r
order by md5('order' || chr(31) || record_id_l || chr(31) || record_id_r), record_id_l, record_id_r
