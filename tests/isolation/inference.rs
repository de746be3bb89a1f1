//! What can be learned about others, and done to them, without their rows.

use super::attack::*;

pub(super) const ATTACKS: &[Attack] = &[
    attack(
        "I01",
        "a unique key with the tenant in it",
        &[
            Secretly(Victim, "INSERT INTO customers (email, secret) VALUES ('x', 'x'); COMMIT"),
            A("INSERT INTO customers (id, email, secret) VALUES (77, 'x', 'x') RETURNING email"),
        ],
        every(OwnRows),
    ),
    attack(
        "I01x",
        "a unique key without the tenant",
        &[
            Secretly(
                Victim,
                "INSERT INTO accounts (id, name, secret) VALUES (78, 'x', 'x'); COMMIT",
            ),
            A("INSERT INTO accounts (id, name, secret) VALUES (77, 'x', 'x') RETURNING name"),
        ],
        every(Open(Oracle)),
    ),
];
