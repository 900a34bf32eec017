-- A consonant code of each distinct name, the first letter coded too: soundex keeps the first letter as it is, so
-- Kristine and Christine, Njoroge and Jorogi part. Names in other scripts are their own code.
create or replace temp table lk_sound as
with names as (
    select given as value from lk_plain where given is not null
    union select family from lk_plain where family is not null
    union select mother from lk_plain where mother is not null
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
