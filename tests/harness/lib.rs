//! Harness of the end-to-end suites: a real gateway process, phones and carriers written by hand over real sockets,
//! sipp and baresip as strangers, and what is needed to look at databases and recordings afterwards.
//!
//! The phone here shares no line with `ramal-sip` or `ramal-media`, so that both sides cannot be wrong in the same way.
//! Nothing waits by sleeping: each wait names what it waits for and fails after [`deadline::DEADLINE`].

pub mod aiortc;
pub mod baresip;
pub mod browser;
pub mod database;
pub mod deadline;
pub mod desk;
pub mod desk_phone;
pub mod front;
pub mod node;
pub mod objects;
pub mod page;
pub mod picture;
pub mod process;
pub mod puppet;
pub mod rtp;
pub mod sandbox;
pub mod sdp;
pub mod second_try;
pub mod sipp;
pub mod site;
pub mod talk;
pub mod throttle;
pub mod visitor;
pub mod wav;
pub mod wicked;
pub mod wire;

pub use aiortc::Aiortc;
pub use baresip::Baresip;
pub use browser::{Browser, Page};
pub use desk::Desk;
pub use node::Node;
pub use page::WirePage;
pub use rtp::endpoint::Rtp;
pub use sipp::Sipp;
pub use site::Site;
pub use wav::Wav;
pub use wire::call::Call;
pub use wire::ua::Ua;
