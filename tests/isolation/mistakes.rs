//! Plain mistakes of an application: nobody attacks.

use super::attack::*;

pub(super) const ATTACKS: &[Attack] = &[
    attack("B01", "`SELECT` without a filter", &[A("SELECT * FROM customers")], every(OwnRows)),
    attack(
        "B02",
        "`UPDATE` without a filter",
        &[A("UPDATE customers SET secret = 'mine' RETURNING *")],
        every(OwnRows),
    ),
    attack(
        "B03",
        "`DELETE` without a filter",
        &[A("DELETE FROM customers RETURNING *")],
        every(OwnRows),
    ),
    attack(
        "B04",
        "`INSERT` for another tenant",
        &[A("INSERT INTO customers (tenant, email, secret) VALUES ('{b}', 'x', 'x')")],
        every(DENIED),
    ),
    attack(
        "B06",
        "`UPDATE` that moves a row",
        &[A("UPDATE customers SET tenant = '{b}', id = 77")],
        every(DENIED),
    ),
];
