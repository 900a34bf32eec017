-- Listed pairs that nobody has decided; step: how many edges of probability bands a pair reaches.
create or replace temp table review_open as
select record_id_l, record_id_r, match_key, match_probability, verdict,
    ({% for edge in edges %}(match_probability >= {{ edge }})::integer{{ " + " if not loop.last }}{% endfor %}) as step
from linkage.pairs p
{%- if has_decisions %}
where not exists (
    select 1 from linkage.decisions d
    where d.decision in ('same', 'different')
        and least(d.record_id_l, d.record_id_r) = least(p.record_id_l, p.record_id_r)
        and greatest(d.record_id_l, d.record_id_r) = greatest(p.record_id_l, p.record_id_r)
)
{%- endif %}
