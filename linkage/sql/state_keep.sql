-- A run over all records, kept for the runs after it: {{ state }}.records, pairs, areas, ties, decisions, date_orders,
-- date_fillers and the frequencies. `areas` name sets of records of which none bears on the records of another (see state.py).
create or replace table {{ state }}.records as
select c.*, f.fingerprint, {{ signature }} as signature, null::int as stands_for
from lk_rec c join lk_seen f using (record_id);
{%- if shadows %}
insert into {{ state }}.records by name
select c.*, f.fingerprint, {{ signature }} as signature, s.stands_for
from lk_shadow_rec c join lk_seen f using (record_id) join lk_shadow s on s.shadow = c.r;
{%- endif %}
create or replace table {{ state }}.pairs as
select l, r, keys, w_m, w_h, co_members from (select *, {{ odds }} as odds from lk_weighed where keys <> 0) where {{ telling }};
create or replace table {{ state }}.areas as select r, area, entity from lk_area;
create or replace table {{ state }}.ties as from lk_tie;
create or replace table {{ state }}.decisions as {{ decisions }};
create or replace table {{ state }}.date_orders as from lk_order;
create or replace table {{ state }}.date_fillers as from lk_date_filler;
{%- for column, table in frequencies %}
create or replace table {{ state }}.frequency_{{ column }} as select value, share from {{ table }};
{%- endfor %}
create or replace table {{ state }}.basis as select {{ learned }} as learned, 0::bigint as changed
