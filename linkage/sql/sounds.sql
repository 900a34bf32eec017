-- A consonant code of each distinct text that can stand as a name, the first letter coded too: soundex keeps the first
-- letter as it is, so Kristine and Christine, Njoroge and Jorogi part. Names in other scripts are their own code.
create or replace temp table lk_sound as
with names as (
    select substr(first_token, 1, 60) as value from lk_text
    union select substr(first_core, 1, 60) from lk_text
    union select joined from lk_text
    union select last_core from lk_text where last_core is not null
    {%- if mothers %} union select whole from lk_text{% endif %}
),
spelled as (
    select value, regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        value, '[^a-z]', '', 'g'), '^(kn|gn|pn|nj|ng)', 'n'), '^wr', 'r'), 'ph', 'f', 'g'), 'gh|mb', 'm', 'g') as s
    from names
),
coded as (
    select value, s, case when regexp_matches(s, '^[aeiou]') then '0' else '' end ||
        translate(s, 'aeiouhwybfpvcgjkqsxzdtlmnr', '        11112222222233455' || '6') as code
    from spelled
)
select value, nullif(case
    when regexp_matches(value, '^[a-z ]+$') then substr(
        {%- for digit in '123456' %}regexp_replace({% endfor %} replace(code, ' ', '')
        {%- for digit in '123456' %}, '{{ digit }}+', '{{ digit }}', 'g'){% endfor %}, 1, 7)
    else value end, '') as code
from coded
