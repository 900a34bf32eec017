-- One round of pivot clustering, in all components at once: in each, the household with most persons that is still
-- free takes every free household tied strongly to it. So a household_uid is a pivot and its neighbours, never a chain.

INSERT INTO {{ work }}.household_taken
WITH free AS (
    SELECT members.component, members.household_id, sizes.size
    FROM {{ work }}.household_components AS members
    INNER JOIN {{ work }}.household_sizes AS sizes USING (household_id)
    ANTI JOIN {{ work }}.household_taken AS taken ON members.household_id = taken.member_id
),

pivots AS (
    SELECT component, household_id AS pivot_id
    FROM free
    QUALIFY row_number() OVER (PARTITION BY component ORDER BY size DESC, household_id) = 1
)

SELECT
    pivot_id AS member_id,
    pivot_id AS group_key
FROM pivots
UNION ALL
SELECT
    free.household_id,
    pivots.pivot_id
FROM pivots
INNER JOIN free USING (component)
INNER JOIN {{ work }}.household_ties AS ties
    ON
        ties.household_id_l = least(free.household_id, pivots.pivot_id)
        AND ties.household_id_r = greatest(free.household_id, pivots.pivot_id)
WHERE ties.is_strong AND free.household_id <> pivots.pivot_id
QUALIFY
    row_number() OVER (PARTITION BY pivots.pivot_id ORDER BY ties.shared_persons DESC, free.household_id)
    < {{ max_households }};
