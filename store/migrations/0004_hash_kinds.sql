-- How many accounts have which kind of password hash: everything of a PHC string before its salt.
CREATE TABLE hash_kinds (
    kind     TEXT   PRIMARY KEY,
    accounts BIGINT NOT NULL
);

-- The inner rtrim strips what follows the last $, the outer one that $ itself.
INSERT INTO hash_kinds (kind, accounts)
SELECT kind, COUNT(*)
FROM (
    SELECT rtrim(rtrim(salted, replace(salted, '$', '')), '$') AS kind
    FROM (
        SELECT rtrim(rtrim(password_hash, replace(password_hash, '$', '')), '$') AS salted
        FROM users
        WHERE password_hash IS NOT NULL
    ) AS hashes
) AS kinds
WHERE kind <> ''
GROUP BY kind;
