//! The console and the widget in a real browser, against the real node. One file a story; what each test shows is named by its
//! rows of docs/features.md.

mod admin_audit;
mod admin_first_steps;
mod admin_users;
mod stage;
mod supervise;
mod widget;
mod widget_by_itself;
