//! Audio of our own: prompts, hold music and tones, as packets every 20 ms.

pub mod prompt;
pub mod tone;

pub use prompt::{Prompt, PromptError};
pub use tone::{Country, Tone};
