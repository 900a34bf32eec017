-- Every household with its group, and the verdict on each tie: what the grouping did not follow goes to review.

CREATE OR REPLACE TABLE {{ work }}.new_households AS
SELECT
    households.household_id AS member_id,
    coalesce(taken.group_key, households.household_id) AS group_key
FROM (
    SELECT household_id FROM {{ work }}.household_sizes
    {%- if households %}
    UNION
    SELECT household_id FROM {{ households }} WHERE household_id IS NOT NULL
    {%- endif %}
) AS households
LEFT JOIN {{ work }}.household_taken AS taken ON households.household_id = taken.member_id;

CREATE OR REPLACE TABLE {{ work }}.household_tie_verdicts AS
SELECT
    ties.household_id_l,
    ties.household_id_r,
    ties.shared_persons,
    if(l.group_key = r.group_key, 'match', 'review') AS verdict
FROM {{ work }}.household_ties AS ties
INNER JOIN {{ work }}.new_households AS l ON ties.household_id_l = l.member_id
INNER JOIN {{ work }}.new_households AS r ON ties.household_id_r = r.member_id;
