//! Any bytes as RTP, RTCP and SRTP.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ramal_media::srtp::{Context, MasterKey, Suite};
use ramal_media::{rtcp, rtp};

fuzz_target!(|data: &[u8]| {
    if let Ok(header) = rtp::Header::parse(data) {
        let payload = header.payload(data);
        assert!(payload.len() < data.len());
        let mut copy = data.to_vec();
        header.rewrite(&mut copy);
    }
    let _ = (rtp::is_rtcp(data), rtp::header_bytes(data));
    let _ = rtcp::parse(data).count();
    for suite in [Suite::AesCm128HmacSha1_80, Suite::AesCm128HmacSha1_32, Suite::AeadAes128Gcm] {
        let key = MasterKey::from_random(suite, &[7; 64]);
        let Ok(mut context) = Context::new(suite, &key) else { continue };
        let mut buffer = data.to_vec();
        let length = buffer.len();
        let _ = context.unprotect_rtp(&mut buffer, length);
        buffer.copy_from_slice(data);
        let _ = context.unprotect_rtcp(&mut buffer, length);
    }
});
