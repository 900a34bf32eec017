-- Agreement levels of pairs (l, r, keys), whose right sides are in `others`, packed into one number (the pattern), and the
-- term-frequency adjustment in bits: `tf_own` speaks for the same person, `tf_shared` for the person's household too.
-- In the pattern 0 is missing and level i is i + 1; a field's digit weighs `factor`.
with sides as (
    select c.l, c.r, c.keys,
        a.given as lg, b.given as rg, a.family as lf, b.family as rf, a.extra as lx, b.extra as rx
        {%- if both_names %},
        {{ given_similarity }} as s_gg, jaro_winkler_similarity(a.family, b.family) as s_ff
        {%- elif given %}, {{ given_similarity }} as s_gg
        {%- elif family %}, jaro_winkler_similarity(a.family, b.family) as s_ff
        {%- endif %}
        {%- for field in plain %}, {{ field.expression }} as v_{{ field.name }}{% endfor %}
        {%- for column in frequent %}, greatest(a.tf_{{ column }}, b.tf_{{ column }}) as f_{{ column }}{% endfor %}
    from {{ pairs }} c
    join lk_rec a on a.r = c.l
    join {{ others }} b on b.r = c.r
    {%- if variants %}
    left join lk_learned v on v.one = a.given and v.other = b.given
    {%- endif %}
),
{%- if both_names %}
-- Names that agree as given are not crossed, and need not be compared so.
crossings as (
    select *,
        case when s_gg >= 0.84 and s_ff >= 0.84 then 0 else jaro_winkler_similarity(lg, rf) end as s_gf,
        case when s_gg >= 0.84 and s_ff >= 0.84 then 0 else jaro_winkler_similarity(lf, rg) end as s_fg
    from sides
),
{%- endif %}
names as (
    select *
        {%- if given %}, {{ name_level('lg', 'rg', 's_gg') }} as straight_given{% endif %}
        {%- if family %}, {{ name_level('lf', 'rf', 's_ff') }} as straight_family{% endif %}
        {%- if both_names %}
        -- Given against family: taken when both sit well crossed and badly straight, or when a lone name is
        -- the other record's family name.
        , case
            when lf is not null and rf is not null then
                greatest(s_gf, s_fg) >= 0.92 and least(s_gf, s_fg) >= 0.74 and (s_gg < 0.84 or s_ff < 0.84)
                and s_gf + s_fg > s_gg + s_ff + 0.2
            when lf is null and rf is not null then s_gf >= 0.84 and s_gf > coalesce(s_gg, 0) + 0.1
            when rf is null and lf is not null then s_fg >= 0.84 and s_fg > coalesce(s_gg, 0) + 0.1
            else false
        end as is_crossed
        {%- endif %}
    from {{ "crossings" if both_names else "sides" }}
),
levels as (
    select *
        {%- if both_names %},
        case
            when not is_crossed then straight_given
            when lf is null or rf is null then null
            else {{ name_level('lg', 'rf', 's_gf') }}
        end as v_given_name,
        case
            when not is_crossed and straight_family > 2 and (list_contains(rx, lf) or list_contains(lx, rf)) then 2
            when not is_crossed then straight_family
            when lf is null then {{ name_level('lg', 'rf', 's_gf') }}
            else {{ name_level('lf', 'rg', 's_fg') }}
        end as v_family_name,
        case when straight_given is null and straight_family is null then null else is_crossed::int end as v_name_order
        {%- elif given %}, straight_given as v_given_name
        {%- elif family %}, straight_family as v_family_name
        {%- endif %}
    from names
),
silenced as (
    select * {%- if sex_follows_given %} replace (case when v_given_name <= 1 then null else v_sex end as v_sex){% endif %}
    from levels
),
-- A place is judged in the light of the next finer one.
contexts as (
    select *
        {%- for place in nested %},
        v_{{ place.name }} + 4 * (case when v_{{ place.parent }} is null then 0 when v_{{ place.parent }} = 0 then 1 else 2 end)
            as c_{{ place.name }}
        {%- endfor %}
    from silenced
)
select l, r, keys,
    ({% for field in packed %}coalesce({{ field.value }} + 1, 0)::bigint * {{ field.factor }}{{ " + " if not loop.last }}{% endfor %})::bigint as pattern,
    ({% for term in own %}{{ term }} + {% endfor %}0)::float as tf_own,
    ({% for term in shared %}{{ term }} + {% endfor %}0)::float as tf_shared
    {%- for name, term in terms.items() %}, ({{ term }})::float as tf_{{ name }}{% endfor %}
from contexts
