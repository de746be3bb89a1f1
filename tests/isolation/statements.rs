//! Whole statements of the attacker, and several in one message.

use super::attack::*;

pub(super) const ATTACKS: &[Attack] = &[
    attack(
        "M01",
        "a whole `SET LOCAL`",
        &[A("SET LOCAL {set}"), A("SELECT secret FROM customers")],
        until_signed(Open(Read), OwnRows),
    ),
    attack(
        "M02",
        "a stacked `SET LOCAL; SELECT`",
        &[Batch("SET LOCAL {set}; SELECT secret FROM customers")],
        until_signed(Open(Read), OwnRows),
    )
    .pooled(BATCH),
    attack(
        "M03",
        "`RESET ROLE`",
        &[A("RESET ROLE"), A("SELECT secret FROM customers")],
        every(DENIED),
    ),
    attack("M12", "`COMMIT`", &[A("COMMIT"), A("SELECT secret FROM customers")], every(DENIED))
        .pooled(CONTROL),
];
