//! Extensions in browsers, without a browser: the HTTP API, events, and media of a WebRTC stack of the harness.

mod api_refuses_kindly;
mod attended_transfer_by_a_page;
mod behind_nat;
mod blind_transfer_by_a_page;
mod browser_gone_for_good;
mod browser_on_ipv6;
mod floods_of_strangers;
mod garbage_by_the_million;
mod network_changes_in_mid_call;
mod page_answers_a_carrier;
mod page_calls_a_carrier;
mod page_reloads_in_mid_call;
mod page_that_never_reads;
mod rings_page_and_phone;
mod several_workers;
mod supervision;
mod three_way_call;
mod two_calls_of_a_page;
