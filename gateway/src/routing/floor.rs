//! Where agents and Interactions meet: the shell of [`super::distribution`].

pub mod voice;
