-- What a match to the register leaves for further records (register/state.py).
create or replace table {{ schema }}.people as
select p.*, n.record_id as register_id from {{ register }} p join lk_number n using (r) order by r;
create or replace table {{ schema }}.words as from lk_word;
create or replace table {{ schema }}.matches as from {{ matches }};
create or replace table {{ schema }}.date_orders as from lk_order;
create or replace table {{ schema }}.date_fillers as from lk_date_filler;
{%- for column, table in frequencies %}
create or replace table {{ schema }}.frequency_{{ column }} as from {{ table }};
{%- endfor %}
create or replace table {{ schema }}.basis as select {{ learned }} as learned
