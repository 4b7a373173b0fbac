//! Real components in the real host.

mod asking;
mod business_hours;
mod loading;
mod misdeeds;
