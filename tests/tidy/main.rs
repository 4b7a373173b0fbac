//! House rules that a machine can check, by reading files only. Each rule says where it stands and lists its exceptions
//! with their reasons.

mod codes;
mod dependencies;
mod features;
mod layers;
mod logs;
mod names;
mod purity;
mod sizes;
mod source;
mod words;
