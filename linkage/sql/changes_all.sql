-- All records with the entity that they are in now, and all pairs that are known: what clerks are given to judge is drawn from.
create or replace temp table lk_all_people as
with numbered as (
    select r, record_id from {{ state }}.records where r not in (select r from lk_change)
    union all
    select r, record_id from lk_new
)
select r, record_id, hash(entity_id) as entity from numbered join {{ target }}.clusters using (record_id);
create or replace temp table lk_all_scored as
with weighed as (
    select l, r, keys, w_m, w_h from {{ state }}.pairs where (l, r) not in (select (l, r) from lk_pair_was)
    union all
    select l, r, keys, w_m, w_h from lk_pair_now
)
{{ scored }}
