-- What the run leaves: {{ target }}.pairs and clusters of all records, and {{ target }}.state_* for state_apply.sql.
create or replace temp table lk_left as
select record_id from lk_plain union select record_id from lk_change;
create or replace table {{ target }}.pairs as
from {{ earlier }}.pairs where record_id_l not in (from lk_left) and record_id_r not in (from lk_left)
union all from {{ target }}.part_pairs;
create or replace table {{ target }}.clusters as
from {{ earlier }}.clusters where record_id not in (from lk_left)
union all from {{ target }}.part_clusters;
drop table {{ target }}.part_pairs;
drop table {{ target }}.part_clusters;
create or replace table {{ target }}.state_changed as
select distinct r from lk_change;
create or replace table {{ target }}.state_records as
from lk_new;
create or replace table {{ target }}.state_pairs_was as
select l, r from lk_pair_was;
create or replace table {{ target }}.state_pairs as
from lk_pair_now;
create or replace table {{ target }}.state_inside as
select r from lk_inside union select r from lk_change;
create or replace table {{ target }}.state_areas as
select n.r, f.r as area from lk_area a join lk_number n on n.i = a.r join lk_number f on f.i = a.area;
create or replace table {{ target }}.state_decisions as {{ decisions }}
