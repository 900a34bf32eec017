-- What an incremental run found out, into the state: to be run in the transaction that publishes its results.
delete from {{ state }}.records where r in (from {{ target }}.state_changed);
insert into {{ state }}.records by name from {{ target }}.state_records;
delete from {{ state }}.pairs p using {{ target }}.state_pairs_was w where w.l = p.l and w.r = p.r;
insert into {{ state }}.pairs from {{ target }}.state_pairs;
update {{ state }}.pairs p set co_members = n.co_members
from {{ target }}.state_co_members n where n.l = p.l and n.r = p.r;
delete from {{ state }}.ties where l in (from {{ target }}.state_inside) or r in (from {{ target }}.state_inside);
insert into {{ state }}.ties from {{ target }}.state_ties;
delete from {{ state }}.areas where r in (from {{ target }}.state_inside);
insert into {{ state }}.areas from {{ target }}.state_areas;
delete from {{ state }}.decisions;
insert into {{ state }}.decisions from {{ target }}.state_decisions;
update {{ state }}.basis set changed = changed + (select count(*) from {{ target }}.state_changed)
