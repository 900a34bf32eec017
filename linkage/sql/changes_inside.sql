-- Which pairs are other than they were (lk_pair_now; lk_pair_was: all that no longer hold), and the records that this
-- bears on (lk_inside): the areas of who changed, and of who was brought together, parted or decided about.
create or replace temp table lk_fresh as
select least(l, r) as l, greatest(l, r) as r, keys, w_m, w_h, odds
from (select *, {{ odds }} as odds from lk_weighed) where {{ telling }};
create or replace temp table lk_parted as
select l, r, bit_or(1::bigint << key) as keys from lk_lost group by l, r;
create or replace temp table lk_pair_was as
select p.* from {{ state }}.pairs p semi join lk_change c on c.r = p.l
union
select p.* from {{ state }}.pairs p semi join lk_change c on c.r = p.r
union
select p.* from {{ state }}.pairs p semi join lk_fresh f on f.l = p.l and f.r = p.r
union
select p.* from {{ state }}.pairs p semi join lk_parted f on f.l = p.l and f.r = p.r;
create or replace temp table lk_pair_now as
with held as (
    select * from lk_pair_was where keys <> {{ beside }} and l not in (select r from lk_change) and r not in (select r from lk_change)
)
select l, r, (coalesce(h.keys, 0) & ~coalesce(p.keys, 0)) | coalesce(f.keys, 0) as keys,
    coalesce(f.w_m, h.w_m) as w_m, coalesce(f.w_h, h.w_h) as w_h
from held h
full join lk_fresh f using (l, r)
left join lk_parted p using (l, r)
where ((coalesce(h.keys, 0) & ~coalesce(p.keys, 0)) | coalesce(f.keys, 0)) <> 0;
-- A member that two households came to have in common, or lost, bears on what their other members say. Who comes to a
-- household that has one is borne out by it, and so are two members that a match key newly brought together.
create or replace temp view lk_now as
select * from {{ state }}.records anti join lk_change using (r)
union all by name
select * from lk_new;
create or replace temp table lk_tied_household as
with now as (
    select p.l, p.r, a.hh as hh_l, b.hh as hh_r
    from (select l, r from lk_pair_now where {{ odds }} >= {{ sure }}) p
    join lk_now a on a.r = p.l
    join lk_now b on b.r = p.r
    where {{ is_tie }}
),
was as (
    select t.* from {{ state }}.ties t semi join lk_pair_was w on w.l = t.l and w.r = t.r
),
other as (
    (from now except from was) union all (from was except from now)
),
changed as (
    select hh from lk_old union select hh from lk_new
),
ties as (
    select hh_l, hh_r from {{ state }}.ties union select hh_r, hh_l from {{ state }}.ties
),
brought_together as (
    select hh_l, hh_r
    from lk_fresh f join lk_now a on a.r = f.l join lk_now b on b.r = f.r
    join ties on hh_l = a.hh and hh_r = b.hh
)
select hh_l as hh from other
union
select hh_r from other
union
(select hh from changed intersect select hh_l from ties)
union
select hh_l from brought_together
union
select hh_r from brought_together;
create or replace temp table lk_seed as
with decided as (
    (select * from {{ state }}.decisions except from ({{ decisions }}))
    union all
    (from ({{ decisions }}) except select * from {{ state }}.decisions)
),
touched as (
    select record_id_l as record_id from decided union select record_id_r from decided
)
select r from lk_change
union select r from lk_now where hh in (from lk_tied_household)
union select l from lk_fresh where odds > {{ near }}
union select r from lk_fresh where odds > {{ near }}
union select l from lk_lost
union select r from lk_lost
union select r from {{ state }}.records semi join touched using (record_id);
create or replace temp table lk_inside as
select r from lk_seed
union select r from {{ state }}.areas where area in (select area from {{ state }}.areas semi join lk_seed using (r))
except select r from lk_change where fingerprint is null
