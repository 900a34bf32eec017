-- What Spark stored: the results, and the state as state_keep.sql leaves it. Numbers become dense, for a
-- state's are INTEGER.
create schema if not exists {{ output }};
drop schema if exists {{ state }} cascade;
create schema {{ state }};
create or replace temp table lk_number as
select (row_number() over (order by r) - 1)::int as i, r, record_id from {{ stored('records') }};
create or replace temp view lk_settled as
from {{ stored('settled') }};
create or replace table {{ output }}.pairs as
select record_id_l, record_id_r, match_key, match_weight, match_probability, verdict
from lk_settled where kind = 'pairs' order by record_id_l, record_id_r;
create or replace temp table lk_joined as
select record_id_l as record_id, record_id_r as entity_id from lk_settled where kind = 'clusters';
create or replace table {{ output }}.clusters as
select n.record_id, coalesce(j.entity_id, n.record_id) as entity_id
from lk_number n left join lk_joined j using (record_id) order by n.i;
create or replace table {{ state }}.records as
select p.* exclude (signature, stands_for) replace (n.i as r, p.side::tinyint as side, {{ number('p.hh') }} as hh),
    f.fingerprint, {{ number('p.signature') }} as signature, o.i as stands_for
from {{ stored('records') }} p
join lk_number n using (r)
join lk_seen f on f.record_id = p.record_id
left join lk_number o on o.r = p.stands_for;
create or replace temp table lk_inside as
select l, r, keys, w_m, w_h, co_members from lk_settled where kind = 'weighed';
create or replace table {{ state }}.pairs as
with pairs as (
    from lk_inside
    union all
    -- Of two records that no area holds together, no other members are in common.
    select t.l, t.r, t.keys, t.w_m, t.w_h, t.nobody
    from {{ stored('telling') }} t anti join lk_inside i on i.l = t.l and i.r = t.r
)
select a.i as l, b.i as r, p.keys, p.w_m, p.w_h, p.co_members::tinyint as co_members
from pairs p join lk_number a on a.r = p.l join lk_number b on b.r = p.r;
create or replace table {{ state }}.ties as
select a.i as l, b.i as r, {{ number('s.hh_l') }} as hh_l, {{ number('s.hh_r') }} as hh_r
from lk_settled s join lk_number a on a.r = s.l join lk_number b on b.r = s.r
where kind = 'ties';
create or replace table {{ state }}.areas as
select n.i as r, f.i as area, e.i as entity
from lk_settled s join lk_number n on n.r = s.r join lk_number f on f.r = s.l join lk_number e on e.r = s.keys
where kind = 'areas';
create or replace table {{ state }}.decisions as {{ decisions }};
create or replace temp view lk_frequency as
from {{ stored('frequency') }};
{%- for table, column, share in frequencies %}
create or replace table {{ table }} as
select value, {{ share }} as share from lk_frequency where "column" = {{ column }};
{%- endfor %}
create or replace table {{ state }}.basis as select {{ learned }} as learned, 0::bigint as changed
