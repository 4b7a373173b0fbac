//! What people do at their desks, by the API that their consoles use: log in, manage, attend.

mod audit;
mod console_files;
mod log_in;
mod organizations;
mod others_are_invisible;
mod same_request_again;
mod telephony;
mod users;
