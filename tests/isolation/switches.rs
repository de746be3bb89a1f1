//! Switches of the scope inside of one statement, such as an injection into a query can be.

use super::attack::*;

/// With signatures, the rows of the other tenant are those of nobody.
const SWITCHED: [Outcome; 4] = until_signed(Open(Read), OwnRows);

pub(super) const ATTACKS: &[Attack] = &[
    attack(
        "S01",
        "`SELECT switch(), (SELECT ..)`",
        &[A("SELECT {switch}, (SELECT string_agg(secret, ',') FROM customers)")],
        SWITCHED,
    ),
    attack(
        "S02",
        "`FROM (SELECT switch()), LATERAL (..)`",
        &[A("SELECT y.* FROM (SELECT {switch} AS s OFFSET 0) x, \
             LATERAL (SELECT secret FROM customers WHERE x.s IS NOT NULL) y")],
        SWITCHED,
    ),
    attack(
        "S03",
        "`WITH x AS MATERIALIZED (SELECT switch())`",
        &[A("WITH x AS MATERIALIZED (SELECT {switch} AS s) \
             SELECT (SELECT string_agg(secret, ',') FROM customers WHERE s IS NOT NULL) FROM x")],
        SWITCHED,
    ),
    attack(
        "S04",
        "`WHERE switch() IS NOT NULL`",
        &[A("SELECT secret FROM customers WHERE {switch} IS NOT NULL")],
        SWITCHED,
    ),
    attack(
        "S05",
        "`ORDER BY switch()`, then a subquery",
        &[A("SELECT (SELECT string_agg(secret, ',') FROM customers WHERE n > 0) \
             FROM (SELECT n FROM generate_series(1, 2) n ORDER BY {switch}, n) x")],
        SWITCHED,
    ),
    attack(
        "S06",
        "`CASE WHEN switch() .. THEN (SELECT ..)`",
        &[A(
            "SELECT CASE WHEN {switch} <> '' THEN (SELECT string_agg(secret, ',') FROM customers) END",
        )],
        SWITCHED,
    ),
    attack(
        "S07",
        "a switch in one query, an honest query behind it",
        &[A("SELECT {switch}"), A("SELECT secret FROM customers")],
        SWITCHED,
    ),
    attack(
        "S08",
        "`query_to_xml` of a switching query",
        &[A(
            "SELECT query_to_xml('SELECT {switch_quoted}, (SELECT string_agg(secret, '','') FROM customers)', true, true, '')",
        )],
        SWITCHED,
    ),
    attack(
        "S09",
        "`query_to_xml('SET ..')`",
        &[A("SELECT query_to_xml('SET ROLE {role_b}', true, true, '')")],
        every(blocked("0A000")),
    ),
];
