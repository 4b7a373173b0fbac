//! Real browsers: Debian's Chromium with fake devices, JsSIP in a page, the trial page, and aiortc as a second WebRTC
//! stack. One file a situation. `driver/` holds what runs outside of Rust.

mod ears_of_the_browser;
mod jssip_registers;
mod page_by_itself;
mod phones;
