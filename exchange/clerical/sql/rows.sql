-- What clerks are shown of the pairs in clerical_drawn.
CREATE OR REPLACE TEMP TABLE clerical_rows AS
SELECT
    drawn.place,
    drawn.pair_id,
    {{ columns }}
FROM clerical_drawn AS drawn
INNER JOIN records_shown AS one ON drawn.record_id_l = one.record_id
INNER JOIN records_shown AS two ON drawn.record_id_r = two.record_id
