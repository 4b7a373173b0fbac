//! MP3, decoded by symphonia.

use std::io::Cursor;

use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use super::prompt::PromptError;
use super::sound::{MAX_CHANNELS, RATES_HZ, Sound, is_too_long, mix};

fn malformed(reason: impl std::fmt::Display) -> PromptError {
    PromptError::Malformed { kind: "MP3", reason: reason.to_string() }
}

/// Frames that cannot be decoded are left out; a file of nothing else is refused.
pub fn read(bytes: &[u8]) -> Result<Sound, PromptError> {
    let source = MediaSourceStream::new(Box::new(Cursor::new(bytes.to_vec())), Default::default());
    let (format, metadata) = (FormatOptions::default(), MetadataOptions::default());
    let probed = symphonia::default::get_probe().probe(&Hint::new(), source, format, metadata);
    let mut format = probed.map_err(malformed)?;
    let track = format.default_track(TrackType::Audio).ok_or_else(|| malformed("it has no sound"))?;
    let (id, parameters) = (track.id, track.codec_params.as_ref().and_then(|of| of.audio()));
    let parameters = parameters.ok_or_else(|| malformed("it has no sound"))?;
    let decoder =
        symphonia::default::get_codecs().make_audio_decoder(parameters, &AudioDecoderOptions::default());
    let mut decoder = decoder.map_err(malformed)?;
    let (mut sound, mut interleaved) = (Sound { samples: Vec::new(), rate_hz: 0 }, Vec::new());
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // Cut off in the midst of a frame.
            Err(Error::IoError(_)) if !sound.samples.is_empty() => break,
            Err(error) => return Err(malformed(error)),
        };
        if packet.track_id != id {
            continue;
        }
        match decoder.decode(&packet) {
            Ok(frame) => {
                let (rate_hz, channels) = (frame.spec().rate(), frame.spec().channels().count());
                let known = sound.rate_hz == 0 || sound.rate_hz == rate_hz;
                if !known
                    || !RATES_HZ.contains(&rate_hz)
                    || channels == 0
                    || channels > usize::from(MAX_CHANNELS)
                {
                    return Err(malformed(format!("{rate_hz} Hz, {channels} channels")));
                }
                sound.rate_hz = rate_hz;
                interleaved.resize(frame.samples_interleaved(), 0.0_f32);
                frame.copy_to_slice_interleaved(&mut interleaved);
                mix(&interleaved, channels, &mut sound.samples);
            }
            Err(Error::DecodeError(_)) => {}
            Err(error) => return Err(malformed(error)),
        }
        if sound.rate_hz > 0 && is_too_long(sound.samples.len(), sound.rate_hz) {
            return Err(PromptError::TooLong);
        }
    }
    if sound.samples.is_empty() { Err(malformed("none of its frames can be decoded")) } else { Ok(sound) }
}
