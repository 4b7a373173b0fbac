//! Media through the gateway: one file a situation.

mod conference;
mod disk_full_while_recording;
mod killed_in_a_recorded_call;
mod killed_with_a_hundred_recordings;
mod picture_of_a_phone;
mod quality_in_the_record;
mod recording_is_stereo_and_in_time;
mod sdes_to_plain;
mod unknown_codec_passes_through;
mod wrong_source;
