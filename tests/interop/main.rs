//! Strangers: sipp and baresip.

mod strangers_reach_the_wire_phone;
