//! What people do at their desks, by the API that their consoles use: log in, manage, attend.

mod agents_browser_is_killed;
mod audit;
mod caller_reaches_two_agents;
mod clips_and_keys;
mod console_files;
mod contacts;
mod events_after_a_broken_socket;
mod ids_of_others_in_bodies;
mod large_bodies;
mod log_in;
mod neighbours;
mod offers;
mod organizations;
mod others_are_invisible;
mod presence;
mod queues;
mod recorder_at_the_desk;
mod refusals_name_the_fault;
mod refused_calls;
mod same_request_again;
mod telephony;
mod users;
