//! Extensions in browsers, without a browser: the HTTP API, events, and media of a WebRTC stack of the harness.

mod api_refuses_kindly;
mod attended_transfer_by_a_page;
mod blind_transfer_by_a_page;
mod browser_gone_for_good;
mod floods_of_strangers;
mod page_answers_a_carrier;
mod page_calls_a_carrier;
mod page_reloads_in_mid_call;
mod rings_page_and_phone;
mod supervision;
mod three_way_call;
mod two_calls_of_a_page;
