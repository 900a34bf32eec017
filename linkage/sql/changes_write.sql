-- What the run leaves: {{ target }}.pairs and clusters of all records, and {{ target }}.state_* for state_apply.sql.
create or replace temp table lk_replaced as
select record_id from lk_plain union select record_id from lk_change;
create or replace table {{ target }}.pairs as
select p.* from {{ earlier }}.pairs p
anti join lk_replaced a on a.record_id = p.record_id_l
anti join lk_replaced b on b.record_id = p.record_id_r
union all from {{ target }}.part_pairs;
create or replace table {{ target }}.clusters as
select c.* from {{ earlier }}.clusters c anti join lk_replaced a on a.record_id = c.record_id
union all from {{ target }}.part_clusters;
drop table {{ target }}.part_pairs;
drop table {{ target }}.part_clusters;
create or replace table {{ target }}.state_changed as
select r from lk_change;
create or replace table {{ target }}.state_records as
from lk_new;
create or replace table {{ target }}.state_inside as
select r from lk_inside union select r from lk_change;
-- What only co-members brought has been found anew, where anything was looked at.
create or replace table {{ target }}.state_pairs_was as
select l, r from lk_pair_was
union
select l, r from {{ state }}.pairs where keys = {{ beside }} and l in (from {{ target }}.state_inside);
create or replace temp table lk_judged as
select least(a.r, b.r) as l, greatest(a.r, b.r) as r, keys, w_m, w_h, co_members
from lk_weighed w join lk_number a on a.i = w.l join lk_number b on b.i = w.r
where w.l <> w.r;
-- Of two records of which one was not looked at, no other members are in common.
create or replace table {{ target }}.state_pairs as
select p.l, p.r, p.keys, p.w_m, p.w_h,
    case
        when j.l is not null then j.co_members
        when {{ can_be }} then {{ nobody }}
    end as co_members
from lk_pair_now p
join lk_now a on a.r = p.l
join lk_now b on b.r = p.r
left join lk_judged j on j.l = p.l and j.r = p.r
union all
select * exclude (odds) from (select *, {{ odds }} as odds from lk_judged where keys = {{ beside }}) where {{ telling }};
create or replace table {{ target }}.state_co_members as
select j.l, j.r, j.co_members from lk_judged j join {{ state }}.pairs p on p.l = j.l and p.r = j.r
anti join {{ target }}.state_pairs_was w on w.l = j.l and w.r = j.r
where p.co_members is distinct from j.co_members;
create or replace table {{ target }}.state_ties as
select least(a.r, b.r) as l, greatest(a.r, b.r) as r, if(a.r < b.r, hh_l, hh_r) as hh_l, if(a.r < b.r, hh_r, hh_l) as hh_r
from lk_tie t join lk_number a on a.i = t.l join lk_number b on b.i = t.r;
create or replace table {{ target }}.state_areas as
select n.r, f.r as area, e.r as entity
from lk_area a
join lk_number n on n.i = a.r
join lk_number f on f.i = a.area
join lk_number e on e.i = a.entity;
create or replace table {{ target }}.state_decisions as {{ decisions }}
