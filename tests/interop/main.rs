//! Strangers: sipp and baresip.

mod baresip_calls_baresip;
mod opus_phone_and_g711_phone;
mod sipp_calls_through_the_gateway;
mod strangers_reach_the_wire_phone;
