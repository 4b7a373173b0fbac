//! Call control: a back-to-back user agent between the Legs of a Call.
//!
//! [`Calls`] holds every Call of this node and is fed SIP events, media events and time. It decides;
//! what it decides goes out as commands to the [`ramal_sip::endpoint::Endpoint`], to the media
//! [`context::MediaPlane`] and as facts for the store. It opens no socket and reads no clock.

mod answer;
mod brought;
pub mod calls;
mod clip;
mod codecs;
mod company;
mod conference;
mod conferring;
pub mod context;
mod dial;
mod dtmf;
pub mod end_reason;
mod ending;
mod engaged;
mod floor_part;
mod incoming;
mod join;
pub mod leg;
mod media;
mod media_fact;
mod merge;
mod modify;
mod overhear;
mod page;
mod picture;
mod pin_guard;
mod place;
mod recording;
mod redirect;
mod replaces;
mod running;
mod seat;
mod second_call;
mod service;
mod state;
mod supervision;
mod timer;
mod transfer;
mod waiting;

pub use answer::status;
pub use calls::{CallLimits, CallSummary, Calls};
pub use clip::{AfterClip, Clip, ClipHearers};
pub use company::Supervision;
pub use conference::{ConferenceRefusal, ConferenceSummary, MemberChange, MemberSummary};
pub use context::{CallSettings, Context, MediaKind, MediaPlane, Place, QueueDoor, Reach, Target};
pub use end_reason::EndReason;
pub use incoming::Incoming;
pub use leg::{DtmfWay, Party};
pub use overhear::Keys;
pub use page::{PageCall, PageEvent, PageState, SeatView};
pub use recording::RecordingCommand;
pub use running::RunningCall;
pub use seat::{BrowserState, SeatCommand, SeatDial, SeatPlace, SeatRefusal};
pub use supervision::SuperviseRefusal;
