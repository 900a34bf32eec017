-- What changed rules would mean: a row a program and county. $changes is a JSON list of what changes (simulation.changes).
WITH changes AS (
    SELECT unnest(
        $changes::JSON::STRUCT(
            program VARCHAR, min_age INTEGER, max_age INTEGER, counties VARCHAR[], amount DECIMAL(18, 2), take_up DOUBLE
        )[],
        recursive := true
    )
),

as_at AS (
    SELECT reporting_date FROM main.about
),

in_force AS (
    SELECT rules.program, rules.sex, rules.age_from, rules.age_to, rules.area_code, rules.is_pensioner_excluded
    FROM reference.eligibility_rules AS rules
    CROSS JOIN as_at
    WHERE rules.valid_from <= as_at.reporting_date AND coalesce(rules.valid_to >= as_at.reporting_date, true)
),

programs AS (
    SELECT
        changes.*,
        programs.benefit_unit,
        changes.program IN (SELECT program FROM in_force) AS has_rule,
        -- A register that is asked by ID knows whom it was asked for, and nobody else.
        changes.program IN (SELECT program FROM in_force)
        AND EXISTS (SELECT 1 FROM marts.rpt_register_residents) AS is_countable
    FROM changes
    INNER JOIN marts.dim_program AS programs ON programs.program = changes.program
),

rules_today AS (
    SELECT in_force.* FROM in_force INNER JOIN programs ON programs.program = in_force.program
    UNION ALL
    -- Whom the program is for stands in no rule: everybody enrolled counts.
    SELECT program, NULL, NULL, NULL, NULL, false FROM programs WHERE NOT has_rule
),

rules AS (
    SELECT 'today' AS world, * FROM rules_today
    UNION ALL
    SELECT DISTINCT
        'simulated',
        today.program,
        today.sex,
        coalesce(programs.min_age, today.age_from),
        coalesce(programs.max_age, today.age_to),
        unnest(coalesce(programs.counties, [today.area_code])),
        today.is_pensioner_excluded
    FROM rules_today AS today
    INNER JOIN programs ON programs.program = today.program
),

-- The register's people under the rules of today and the simulated ones.
residents AS (
    SELECT
        rules.program,
        cells.residents_id,
        any_value(cells.county_code) AS county_code,
        any_value(cells.persons) AS persons,
        bool_or(rules.world = 'today') AS meets_today,
        bool_or(rules.world = 'simulated') AS meets_simulated
    FROM rules
    INNER JOIN programs ON programs.program = rules.program AND programs.is_countable
    INNER JOIN marts.rpt_register_residents AS cells
        ON (rules.sex IS NULL OR cells.sex = rules.sex)
        AND (rules.age_from IS NULL OR cells.age >= rules.age_from)
        AND (rules.age_to IS NULL OR cells.age <= rules.age_to)
        AND (
            rules.area_code IS NULL
            OR coalesce(rules.area_code IN (cells.area_code, cells.parent_code, cells.county_code), false)
        )
        AND NOT (rules.is_pensioner_excluded AND cells.is_pensioner)
    GROUP BY rules.program, cells.residents_id
),

eligible AS (
    SELECT
        program,
        county_code,
        coalesce(sum(persons) FILTER (WHERE meets_today), 0) AS today,
        coalesce(sum(persons) FILTER (WHERE meets_simulated), 0) AS simulated,
        coalesce(sum(persons) FILTER (WHERE meets_simulated AND NOT meets_today), 0) AS newly
    FROM residents
    GROUP BY program, county_code
),

-- Enrolments by what the programs know of their beneficiary. Who cannot be placed or dated meets every rule, and stays.
cases AS (
    SELECT
        enrolments.program,
        enrolments.enrolment_id,
        any_value(enrolments.county_code) AS county_code,
        coalesce(bool_or(rules.world = 'today'), false) AS meets_today,
        coalesce(bool_or(rules.world = 'simulated'), false) AS meets_simulated
    FROM marts.fct_enrolments AS enrolments
    INNER JOIN programs ON programs.program = enrolments.program
    CROSS JOIN as_at
    LEFT JOIN marts.dim_person AS persons ON persons.person_uid = enrolments.person_uid
    LEFT JOIN marts.dim_area AS areas ON areas.area_code = enrolments.area_code
    LEFT JOIN rules
        ON rules.program = enrolments.program
        AND (
            rules.area_code IS NULL OR enrolments.county_code IS NULL
            OR coalesce(rules.area_code IN (enrolments.area_code, areas.parent_code, enrolments.county_code), false)
        )
        -- A household has no age or sex.
        AND (
            programs.benefit_unit = 'household'
            OR (
                coalesce(persons.sex = rules.sex, true)
                AND coalesce(date_sub('year', persons.birth_date, as_at.reporting_date) >= rules.age_from, true)
                AND coalesce(date_sub('year', persons.birth_date, as_at.reporting_date) <= rules.age_to, true)
            )
        )
    WHERE enrolments.status IN ('active', 'suspended')
    GROUP BY enrolments.program, enrolments.enrolment_id
),

-- How many persons a case stands for: one, or a household's.
persons_a_case AS (
    SELECT
        programs.program,
        coalesce(
            CASE programs.benefit_unit WHEN 'person' THEN 1.0 ELSE covered.persons / nullif(held.cases, 0) END, 1.0
        ) AS persons
    FROM programs
    LEFT JOIN (SELECT program, count(*) AS persons FROM marts.fct_covered_persons GROUP BY program) AS covered
        ON covered.program = programs.program
    LEFT JOIN (SELECT program, count(*) AS cases FROM cases GROUP BY program) AS held ON held.program = programs.program
),

by_county AS (
    SELECT
        program,
        county_code,
        count(*) AS cases,
        count(*) FILTER (WHERE meets_today) AS meeting_today,
        count(*) FILTER (WHERE meets_today AND NOT meets_simulated) AS leaving,
        count(*) FILTER (WHERE meets_simulated) AS staying,
        count(*) FILTER (WHERE meets_simulated AND NOT meets_today) AS in_already
    FROM cases
    GROUP BY program, county_code
),

counties AS (
    SELECT program, county_code FROM by_county
    UNION
    SELECT program, county_code FROM eligible
),

together AS (
    SELECT
        programs.*,
        counties.county_code,
        persons_a_case.persons AS persons_a_case,
        coalesce(by_county.cases, 0) AS cases,
        coalesce(by_county.meeting_today, 0) AS meeting_today,
        coalesce(by_county.leaving, 0) AS leaving,
        coalesce(by_county.staying, 0) AS staying,
        coalesce(by_county.in_already, 0) AS in_already,
        CASE WHEN programs.is_countable THEN coalesce(eligible.today, 0) END AS eligible_today,
        CASE WHEN programs.is_countable THEN coalesce(eligible.simulated, 0) END AS eligible_simulated,
        CASE WHEN programs.is_countable THEN coalesce(eligible.newly, 0) END AS newly_eligible
    FROM counties
    INNER JOIN programs ON programs.program = counties.program
    INNER JOIN persons_a_case ON persons_a_case.program = counties.program
    LEFT JOIN by_county
        ON by_county.program = counties.program AND by_county.county_code IS NOT DISTINCT FROM counties.county_code
    LEFT JOIN eligible
        ON eligible.program = counties.program AND eligible.county_code IS NOT DISTINCT FROM counties.county_code
),

rated AS (
    SELECT
        *,
        -- Where nobody is eligible today, as in a county that comes in, the program's rate stands in.
        CASE WHEN is_countable THEN least(1.0, coalesce(
            take_up,
            meeting_today * persons_a_case / nullif(eligible_today, 0),
            sum(meeting_today * persons_a_case) FILTER (WHERE eligible_today > 0) OVER (PARTITION BY program)
            / nullif(sum(eligible_today) OVER (PARTITION BY program), 0),
            0
        )) END AS rate,
        CASE
            WHEN NOT is_countable THEN NULL
            WHEN take_up IS NOT NULL THEN 'given'
            WHEN eligible_today > 0 THEN 'county today'
            ELSE 'program today'
        END AS rate_is_of
    FROM together
),

counted AS (
    SELECT
        *,
        CASE
            WHEN NOT is_countable THEN NULL
            -- A rate that is given holds for everybody eligible; today's rate for those who become so.
            WHEN take_up IS NOT NULL
                THEN greatest(0, round((rate * eligible_simulated - staying * persons_a_case) / persons_a_case))
            ELSE greatest(0, round((rate * newly_eligible - in_already * persons_a_case) / persons_a_case))
        END::BIGINT AS entering
    FROM rated
),

amounts AS (
    SELECT amounts.program, arg_max(amounts.monthly_amount, amounts.valid_from) AS monthly_amount
    FROM reference.transfer_values AS amounts
    CROSS JOIN as_at
    WHERE amounts.valid_from <= as_at.reporting_date AND coalesce(amounts.valid_to >= as_at.reporting_date, true)
    GROUP BY amounts.program
)

SELECT
    counted.program,
    counted.county_code,
    coalesce(areas.name, 'not known') AS county_name,
    CASE WHEN counted.is_countable THEN 'register' ELSE 'enrolments' END AS basis,
    counted.eligible_today::BIGINT AS eligible_today,
    counted.eligible_simulated::BIGINT AS simulated_eligible,
    round(counted.rate, 4) AS simulated_take_up,
    counted.rate_is_of AS simulated_take_up_is_of,
    counted.cases AS cases_today,
    counted.leaving AS simulated_leaving,
    counted.entering AS simulated_entering,
    counted.cases - counted.leaving + coalesce(counted.entering, 0) AS simulated_cases,
    amounts.monthly_amount AS monthly_amount_today,
    coalesce(counted.amount, amounts.monthly_amount) AS simulated_monthly_amount,
    cases_today * monthly_amount_today AS monthly_cost_today,
    simulated_cases * simulated_monthly_amount AS simulated_monthly_cost,
    simulated_monthly_cost - monthly_cost_today AS simulated_monthly_difference,
    12 * monthly_cost_today AS yearly_cost_today,
    12 * simulated_monthly_cost AS simulated_yearly_cost,
    12 * simulated_monthly_difference AS simulated_yearly_difference
FROM counted
LEFT JOIN amounts ON amounts.program = counted.program
LEFT JOIN marts.dim_area AS areas ON areas.area_code = counted.county_code
WHERE counted.cases > 0 OR counted.eligible_today > 0 OR counted.eligible_simulated > 0
ORDER BY counted.program, counted.county_code NULLS LAST
