{#- The mistakes of one table of rules: line of the file, and what is wrong. `rules` is the table, all text, each row with
    its line. From its entry in contracts/rules.yml, as SQL: `columns` (name, text, must, expected, may_be_empty,
    needed_where), `keys`, `lines` (must, expected), `about` (what lines must share to be about the same), `in_order` (pairs: lesser, greater),
    `adds_up_to_1` and `complete` (name, codes). -#}
WITH {% if about -%}
dated AS (
    SELECT
        line,
        row({{ about | join(', ') }}) AS about,
        valid_from,
        valid_to,
        try_cast(valid_from AS DATE) AS first_day,
        coalesce(try_cast(valid_to AS DATE), DATE '9999-12-31') AS last_day
    FROM {{ rules }}
),

{% endif -%}
faults AS (
    {%- for column in columns %}
    {%- if not column.may_be_empty %}
    SELECT line, {{ loop.index }} AS place, {{ column.text }} || ' is empty' AS fault
    FROM {{ rules }} WHERE {{ column.name }} IS NULL
    UNION ALL
    {%- endif %}
    {%- if column.needed_where %}
    SELECT line, {{ loop.index }}, {{ column.text }} || ' is empty, and this rule counts from a number on'
    FROM {{ rules }} WHERE {{ column.name }} IS NULL AND {{ column.needed_where }}
    UNION ALL
    {%- endif %}
    {%- if column.must %}
    SELECT line, {{ loop.index }}, {{ column.text }} || ' is ' || {{ column.name }} || '; expected ' || {{ column.expected }}
    FROM {{ rules }} WHERE {{ column.name }} IS NOT NULL AND NOT coalesce({{ column.must }}, false)
    UNION ALL
    {%- endif %}
    {%- endfor %}
    {%- for key in keys %}
    SELECT max(line), 0, concat_ws(', ', {{ key | join(', ') }}) || ' stands on lines ' || string_agg(line, ' and ' ORDER BY line)
    FROM {{ rules }} GROUP BY {{ key | join(', ') }} HAVING count(*) > 1
    UNION ALL
    {%- endfor %}
    {%- for rule in lines %}
    SELECT line, 0, 'expected ' || {{ rule.expected }} FROM {{ rules }} WHERE ({{ rule.must }}) IS FALSE
    UNION ALL
    {%- endfor %}
    {%- if about %}
    SELECT line, 0, 'ends (' || valid_to || ') before it begins (' || valid_from || ')'
    FROM dated WHERE last_day < first_day
    UNION ALL
    SELECT
        later.line, 0, 'is in force on the same days as line ' || earlier.line || ', which is about the same'
    FROM dated AS earlier
    INNER JOIN dated AS later
        ON later.line > earlier.line
        AND later.about IS NOT DISTINCT FROM earlier.about
        AND earlier.first_day <= later.last_day
        AND later.first_day <= earlier.last_day
    UNION ALL
    {%- endif %}
    {%- for lesser, greater in in_order %}
    SELECT line, 0, 'goes from ' || {{ lesser }} || ' to ' || {{ greater }} || '; expected the second not to be less'
    FROM {{ rules }} WHERE try_cast({{ lesser }} AS DECIMAL(18, 2)) > try_cast({{ greater }} AS DECIMAL(18, 2))
    UNION ALL
    {%- endfor %}
    {%- if adds_up_to_1 %}
    SELECT NULL, 0, {{ adds_up_to_1.text }} || ' adds up to ' || sum(try_cast({{ adds_up_to_1.name }} AS DECIMAL(18, 4))) || '; expected 1'
    FROM {{ rules }} HAVING sum(try_cast({{ adds_up_to_1.name }} AS DECIMAL(18, 4))) <> 1
    UNION ALL
    {%- endif %}
    {%- if complete %}
    SELECT NULL, 0, 'no line for ' || code || {{ complete.advice }}
    FROM (SELECT unnest([{{ complete.codes | join(', ') }}]) AS code)
    WHERE code NOT IN (SELECT {{ complete.name }} FROM {{ rules }} WHERE {{ complete.name }} IS NOT NULL)
    UNION ALL
    {%- endif %}
    SELECT NULL, NULL, NULL WHERE false
)

SELECT line, fault FROM faults ORDER BY line NULLS LAST, place, fault
