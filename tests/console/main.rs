//! The console in Debian's Chromium, against the real binary: one file a story, each test named by the rows of
//! docs/features.md that it shows. Nothing is asked of the API that a person would not do by hand, but for what others do.

mod admin_audit;
mod admin_first_steps;
mod admin_obstacles;
mod admin_users;
mod boards;
mod budgets;
mod by_itself;
mod call_log;
mod calls;
mod channels;
mod chats;
mod clips;
mod conferences;
mod contacts;
mod dialler;
mod evening;
mod figures;
mod html_in_names;
mod list;
mod log_in_and_out;
mod log_in_expires;
mod node_comes_back;
mod office;
mod one_screen;
mod plugin_misbehaves;
mod screens;
mod shell;
mod stage;
mod supervise;
mod three_way;
mod transfers;
mod visitor_data;
mod widget;
