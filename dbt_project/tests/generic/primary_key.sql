{#- One column is a key: never empty, never twice. One query where unique and not_null would be two. -#}
{% test primary_key(model, column_name) %}
select {{ column_name }}, count(*) as times
from {{ model }}
group by {{ column_name }}
having count(*) > 1 or {{ column_name }} is null
{% endtest %}
