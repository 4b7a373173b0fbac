//! REGISTER, both sides (RFC 3261 §10): `bindings` for those who register with us, `registrant` for us at a
//! trunk.

mod bindings;
mod registrant;

pub use bindings::{
    Binding, Bindings, Changes, ContactUpdate, Registration, RegistrationChange, RegistrationLimits,
    parse_register,
};
pub use registrant::{Registrant, RegistrantConfig, RegistrantOutput, RegistrantState};
