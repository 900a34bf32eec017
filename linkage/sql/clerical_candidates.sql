-- What `ibr review sample` may draw of the pairs that the linkage leaves apart below the review threshold: of each
-- stratum at most {{ most }}, by hash, so that the same records always keep the same; and how many there are in all.
-- Pairs whose records came to one person through others are not apart.
create or replace table {{ schema }}.clerical_candidates (
    stratum varchar, record_id_l varchar, record_id_r varchar, match_key varchar, match_weight double,
    match_probability double
);
create or replace table {{ schema }}.clerical_frame (stratum varchar, pairs bigint, expected_matches double);

-- Expected matches are summed as decimals: exactly, in whatever order.
{%- set expected = 'coalesce(sum(probability::decimal(18, 12)), 0)' %}
create or replace temp table lk_apart as
select least(a.record_id, b.record_id) as record_id_l, greatest(a.record_id, b.record_id) as record_id_r,
    s.key, s.match_weight, s.probability,
    case {% for stratum in strata %} when odds >= {{ stratum.least_bits }} then {{ loop.index0 }}{% endfor %} end as stratum
from {{ scored }} s
join {{ people }} a on a.r = s.l
join {{ people }} b on b.r = s.r
where probability < {{ review }} and odds >= {{ strata[-1].least_bits }} and s.l <> s.r and a.entity <> b.entity;

{% for stratum in strata %}
insert into {{ schema }}.clerical_frame
select '{{ stratum.name }}', count(*), {{ expected }} from lk_apart where stratum = {{ loop.index0 }};

insert into {{ schema }}.clerical_candidates
with counted as (
    -- About twice as many as are kept, so that few have to be sorted.
    select greatest(count(*) // {{ 2 * most }}, 1)::ubigint as parts from lk_apart where stratum = {{ loop.index0 }}
),
kept as (
    select * from lk_apart, counted
    where stratum = {{ loop.index0 }} and hash(record_id_l, record_id_r, 1) % parts = 0
    order by hash(record_id_l, record_id_r), record_id_l, record_id_r limit {{ most }}
)
select '{{ stratum.name }}', record_id_l, record_id_r, {{ keys }}[key + 1], round(match_weight, 4), probability
from kept order by record_id_l, record_id_r;
{% endfor %}

-- Too many, and too unlikely, for a sample to find anything among them: the model's own word is all there is.
insert into {{ schema }}.clerical_frame
select '{{ beyond }}', count(*), {{ expected }}
from {{ scored }} where odds < {{ strata[-1].least_bits }} and {{ telling }} and l <> r;

drop table lk_apart
