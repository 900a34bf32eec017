-- The dictionary: every distinct text that a person of the register can have as a name, birth date, place or attribute,
-- numbered, with its sound code; and the numbers beside the texts that they are taken from.
create or replace temp table lk_word as
select (row_number() over (order by value))::int as word, value, code
from (
    select value from lk_sound
    union select dob from lk_date union select digits from lk_date
    union select value from lk_value
)
left join lk_sound using (value)
where value is not null;
create or replace temp table lk_text as
select t.*, g.word as first_word, f.word as joined_word, fc.word as first_core_word, lc.word as last_core_word, mo.word as whole_word
from lk_text t
left join lk_word g on g.value = substr(t.first_token, 1, 60)
left join lk_word f on f.value = t.joined
left join lk_word fc on fc.value = substr(t.first_core, 1, 60)
left join lk_word lc on lc.value = t.last_core
left join lk_word mo on mo.value = t.whole;
create or replace temp table lk_date as
select d.*, w.word as whole_date_word, i.word as digits_word
from lk_date d left join lk_word w on w.value = d.dob left join lk_word i on i.value = d.digits;
create or replace temp table lk_value as
select v.*, w.word from lk_value v left join lk_word w on w.value = v.value
