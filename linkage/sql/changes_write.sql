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
create or replace table {{ target }}.state_pairs_was as
select l, r from lk_pair_was;
create or replace table {{ target }}.state_pairs as
from lk_pair_now;
create or replace table {{ target }}.state_inside as
select r from lk_inside union select r from lk_change;
create or replace table {{ target }}.state_areas as
select n.r, f.r as area, e.r as entity
from lk_area a
join lk_number n on n.i = a.r
join lk_number f on f.i = a.area
join lk_number e on e.i = a.entity;
create or replace table {{ target }}.state_decisions as {{ decisions }}
