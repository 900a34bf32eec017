-- Whole areas as a run over all records has them: the records (lk_members) numbered in the order of their identifiers,
-- which is that of their numbers among all, and their weighed pairs (lk_known).
create temp table lk_number as
select (row_number() over (order by r) - 1)::int as i, r from lk_members;
create temp table lk_rec as
select m.* exclude (stands_for, signature) replace (n.i as r, {{ hh }} as hh)
from lk_members m join lk_number n using (r)
where m.stands_for is null;
create temp table lk_plain as
select n.i as r, m.record_id, m.side from lk_members m join lk_number n using (r);
create temp table lk_shadow as
select s.i as shadow, f.i as stands_for
from lk_members m join lk_number s using (r) join lk_number f on f.r = m.stands_for;
create temp table lk_weighed as
select a.i as l, b.i as r, p.keys, p.w_m, p.w_h
from lk_known p join lk_number a on a.r = p.l join lk_number b on b.r = p.r;
create temp table lk_candidates as
select distinct stands_for as l, stands_for as r, 0::bigint as keys from lk_shadow
