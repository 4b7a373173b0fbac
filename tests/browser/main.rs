//! Real browsers: Debian's Chromium with fake devices, JsSIP in a page, the trial page, and aiortc as a second WebRTC
//! stack. One file a situation. `driver/` holds what runs outside of Rust.

mod browser_vanishes;
mod conference_of_all_kinds;
mod ears_of_the_browser;
mod jssip_calls_and_is_called;
mod jssip_holds_and_transfers;
mod jssip_registers;
mod page_by_itself;
mod page_calls_over_a_trunk;
mod page_for_everybody;
mod page_is_called;
mod page_loses_its_network;
mod page_off_localhost;
mod phones;
mod picture_of_a_phone;
mod second_stack_on_a_websocket;
mod second_stack_with_a_seat;
mod steady_sound;
mod strangers_at_the_media_port;
mod trial;
mod video_on_a_slow_link;
