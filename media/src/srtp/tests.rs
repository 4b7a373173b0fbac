use super::*;
use proptest::prelude::*;

const SUITES: [Suite; 4] =
    [Suite::AeadAes128Gcm, Suite::AeadAes256Gcm, Suite::AesCm128HmacSha1_32, Suite::AesCm128HmacSha1_80];

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex"))
        .collect()
}

fn pair(suite: Suite) -> (Context, Context) {
    let key: Vec<u8> = (1..).take(suite.key_bytes() + suite.salt_bytes()).collect();
    let master = MasterKey::new(suite, &key).expect("key");
    (Context::new(suite, &master).expect("context"), Context::new(suite, &master).expect("context"))
}

fn packet(sequence: u16, ssrc: u32) -> Vec<u8> {
    let mut packet = rtp::Header::new(0, sequence, u32::from(sequence) * 160, ssrc).to_bytes().to_vec();
    packet.extend((0..160).map(|byte| byte as u8 ^ sequence as u8));
    packet
}

fn protect(context: &mut Context, plain: &[u8]) -> Vec<u8> {
    let mut buf = plain.to_vec();
    buf.resize(plain.len() + RTP_OVERHEAD_BYTES, 0xEE);
    let len = context.protect_rtp(&mut buf, plain.len()).expect("protect");
    buf.truncate(len);
    buf
}

fn unprotect(context: &mut Context, protected: &[u8]) -> Result<Vec<u8>, SrtpError> {
    let mut buf = protected.to_vec();
    let len = context.unprotect_rtp(&mut buf, protected.len())?;
    buf.truncate(len);
    Ok(buf)
}

fn protect_rtcp(context: &mut Context, plain: &[u8]) -> Vec<u8> {
    let mut buf = plain.to_vec();
    buf.resize(plain.len() + RTCP_OVERHEAD_BYTES, 0);
    let len = context.protect_rtcp(&mut buf, plain.len()).expect("protect");
    buf.truncate(len);
    buf
}

fn unprotect_rtcp(context: &mut Context, protected: &[u8]) -> Result<Vec<u8>, SrtpError> {
    let mut buf = protected.to_vec();
    let len = context.unprotect_rtcp(&mut buf, protected.len())?;
    buf.truncate(len);
    Ok(buf)
}

fn rtcp(ssrc: u32) -> Vec<u8> {
    let mut packet = vec![0x80, 201, 0, 1];
    packet.extend(ssrc.to_be_bytes());
    packet.extend([0x81, 202, 0, 2, 1, 2, 3, 4, 1, 2, b'a', b'b']);
    packet
}

#[test]
fn keystream_of_rfc3711_b2() {
    let key = derivation::aes_ctr(&hex("2B7E151628AED2A6ABF7158809CF4F3C")).expect("key");
    let mut counter = [0; 16];
    counter.copy_from_slice(&hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000"));
    let mut stream = vec![0; 0xFF02 * 16];
    derivation::apply_keystream(&key, counter, &mut stream).expect("keystream");
    let expected = hex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB
        41E95B3BB0A2E8DD477901E4FCA894C0");
    assert_eq!(stream[..48], expected);
    let expected = hex("EC8CDF7398607CB0F2D21675EA9EA1E4 362B7C3C6773516318A077D7FC5073AE
        6A2CC3787889374FBEB4C81B17BA6C44");
    assert_eq!(stream[0xFEFF * 16..0xFF02 * 16], expected);
}

#[test]
fn session_keys_of_rfc3711_b3() {
    let derivation =
        Derivation::new(&hex("E1F97A0D3E018BE0D64FA32C06DE4139"), &hex("0EC675AD498AFEEBB6960B3AABE6"))
            .expect("master key");
    let cipher: [u8; 16] = derivation.derive(derivation::Label::RtpEncryption).expect("cipher key");
    assert_eq!(cipher.to_vec(), hex("C61E7A93744F39EE10734AFE3FF7A087"));
    let salt: [u8; 14] = derivation.derive(derivation::Label::RtpSalt).expect("salt");
    assert_eq!(salt.to_vec(), hex("30CBBC08863D8C85D49DB34A9AE1"));
    let authentication: [u8; 94] = derivation.derive(derivation::Label::RtpAuthentication).expect("auth key");
    let expected = hex("CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE
        E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25
        6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2");
    assert_eq!(authentication.to_vec(), expected);
}

/// The packet, keys and result that libsrtp and others use to check AES-CM-128 with HMAC-SHA1-80 end to end.
#[test]
fn reference_packet_with_sha1_80() {
    let master = hex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6");
    let suite = Suite::AesCm128HmacSha1_80;
    let master = MasterKey::new(suite, &master).expect("key");
    let mut sender = Context::new(suite, &master).expect("context");
    let plain = hex("800F1234DECAFBADCAFEBABE ABABABABABABABABABABABABABABABAB");
    let protected = hex("800F1234DECAFBADCAFEBABE 4E55DC4CE79978D88CA4D215949D2402 B78D6ACC99EA179B8DBB");
    assert_eq!(protect(&mut sender, &plain), protected);
    let mut receiver = Context::new(suite, &master).expect("context");
    assert_eq!(unprotect(&mut receiver, &protected), Ok(plain));
}

fn gcm_vector(key_bytes: u8, protocol: Protocol, id: PacketId, plain: &str, clear_bytes: usize) -> Vec<u8> {
    let key: Vec<u8> = (0..key_bytes).collect();
    let transform = Transform::gcm_with_session_keys(protocol, &key, *b"Quid pro quo");
    let mut packet = hex(plain);
    let (header, body) = packet.split_at_mut(clear_bytes);
    let mut tag = [0; 16];
    transform.seal(id, header, body, &mut tag).expect("sealed");
    let mut sealed = [body, &tag[..]].concat();
    let (body, tag) = sealed.split_at_mut(packet.len() - clear_bytes);
    transform.open(id, &packet[..clear_bytes], body, tag).expect("opened");
    assert_eq!(body, &hex(plain)[clear_bytes..]);
    [&packet[clear_bytes..], tag].concat()
}

#[test]
fn srtp_packets_of_rfc7714_16() {
    let id = PacketId { ssrc: 0x5501_A0B2, index: 0xF17B, word: [0; 4] };
    let plain = "8040F17B 8041F8D3 5501A0B2 47616C6C 69612065 7374206F 6D6E6973 20646976 69736120 696E2070
        61727465 73207472 6573";
    let expected =
        hex("F24DE3A3 FB34DE6C ACBA861C 9D7E4BCA BE633BD5 0D294E6F 42A5F47A 51C7D19B 36DE3ADF 8833
        899D7F27 BEB16A91 52CF765E E4390CCE");
    assert_eq!(gcm_vector(16, Protocol::Rtp, id, plain, 12), expected);
    let expected =
        hex("32B1DE78 A822FE12 EF9F78FA 332E33AA B1801238 9A58E2F3 B50B2A02 76FFAE0F 1BA63799 B87B
        7AA3DB36 DFFFD6B0 F9BB7878 D7A76C13");
    assert_eq!(gcm_vector(32, Protocol::Rtp, id, plain, 12), expected);
}

#[test]
fn srtcp_packet_of_rfc7714_17() {
    let id = PacketId { ssrc: 0x4D61_7273, index: 0x5D4, word: 0x8000_05D4_u32.to_be_bytes() };
    let plain = "81C8000D 4D617273 4E545031 4E545032 52545020 0000042A 0000E930 4C756E61
        DEADBEEF DEADBEEF DEADBEEF DEADBEEF DEADBEEF";
    let expected =
        hex("63E94885 DCDAB67C A727D766 2F6B7E99 7FF5C0F7 6C06F32D C676A5F1 730D6FDA 4CE09B46 86303DED
        0BB9275B C84AA458 96CF4D2F C5ABF872 45D9EADE");
    assert_eq!(gcm_vector(16, Protocol::Rtcp, id, plain, 8), expected);
}

#[test]
fn every_suite_gives_back_what_it_took() {
    for suite in SUITES {
        let (mut sender, mut receiver) = pair(suite);
        for sequence in 0..200 {
            let plain = packet(sequence, 7);
            let protected = protect(&mut sender, &plain);
            assert_ne!(protected[12..172], plain[12..]);
            assert_eq!(unprotect(&mut receiver, &protected), Ok(plain), "{suite:?}");
            let protected = protect_rtcp(&mut sender, &rtcp(7));
            assert_eq!(unprotect_rtcp(&mut receiver, &protected), Ok(rtcp(7)), "{suite:?}");
        }
    }
}

#[test]
fn tags_have_the_lengths_of_their_suites() {
    for (suite, rtp_bytes, rtcp_bytes) in [
        (Suite::AeadAes128Gcm, 16, 20),
        (Suite::AeadAes256Gcm, 16, 20),
        (Suite::AesCm128HmacSha1_32, 4, 14),
        (Suite::AesCm128HmacSha1_80, 10, 14),
    ] {
        let (mut sender, _) = pair(suite);
        assert_eq!(protect(&mut sender, &packet(1, 1)).len(), 172 + rtp_bytes);
        assert_eq!(protect_rtcp(&mut sender, &rtcp(1)).len(), rtcp(1).len() + rtcp_bytes);
    }
}

#[test]
fn header_extension_and_csrc_stay_in_the_clear() {
    for suite in SUITES {
        let (mut sender, mut receiver) = pair(suite);
        let mut plain = packet(5, 9);
        plain[0] = 0x91;
        plain.splice(12..12, [0, 0, 0, 1, 0xBE, 0xDE, 0, 1, 0x10, 0xAA, 0, 0]);
        let protected = protect(&mut sender, &plain);
        assert_eq!(protected[..24], plain[..24]);
        assert_eq!(unprotect(&mut receiver, &protected), Ok(plain));
    }
}

#[test]
fn rollover_is_followed_on_both_sides() {
    for suite in SUITES {
        let (mut sender, mut receiver) = pair(suite);
        for step in 0..200_000_u32 {
            // Every 97th packet is lost on the way.
            let plain = packet((65_000 + step) as u16, 1);
            let protected = protect(&mut sender, &plain);
            if step % 97 != 1 {
                assert_eq!(unprotect(&mut receiver, &protected), Ok(plain), "step {step}");
            }
        }
    }
}

#[test]
fn reordering_across_a_rollover_is_accepted_once() {
    let (mut sender, mut receiver) = pair(Suite::AesCm128HmacSha1_80);
    let plain: Vec<_> = (0..12_u16).map(|step| packet(65_530_u16.wrapping_add(step), 1)).collect();
    let protected: Vec<_> = plain.iter().map(|packet| protect(&mut sender, packet)).collect();
    let order = [0, 3, 7, 1, 9, 2, 6, 5, 11, 4, 10, 8];
    for step in order {
        assert_eq!(unprotect(&mut receiver, &protected[step]).as_ref(), Ok(&plain[step]), "step {step}");
    }
    for step in order {
        assert_eq!(unprotect(&mut receiver, &protected[step]), Err(SrtpError::Replayed), "step {step}");
    }
}

#[test]
fn packets_older_than_the_window_are_refused() {
    let (mut sender, mut receiver) = pair(Suite::AeadAes128Gcm);
    let protected: Vec<_> = (0..1_100).map(|sequence| protect(&mut sender, &packet(sequence, 1))).collect();
    assert!(unprotect(&mut receiver, &protected[1_099]).is_ok());
    assert!(unprotect(&mut receiver, &protected[1_099 - 1_023]).is_ok());
    assert_eq!(unprotect(&mut receiver, &protected[1_099 - 1_024]), Err(SrtpError::Replayed));
}

#[test]
fn any_flipped_bit_is_refused_and_harms_nothing() {
    for suite in SUITES {
        let (mut sender, mut receiver) = pair(suite);
        let plain = packet(100, 1);
        let protected = protect(&mut sender, &plain);
        let protected_rtcp = protect_rtcp(&mut sender, &rtcp(1));
        for bit in 0..protected.len() * 8 {
            let mut forged = protected.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert!(unprotect(&mut receiver, &forged).is_err(), "{suite:?} bit {bit}");
        }
        for bit in 0..protected_rtcp.len() * 8 {
            let mut forged = protected_rtcp.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert!(unprotect_rtcp(&mut receiver, &forged).is_err(), "{suite:?} bit {bit}");
        }
        assert_eq!(unprotect(&mut receiver, &protected), Ok(plain));
        assert_eq!(unprotect_rtcp(&mut receiver, &protected_rtcp), Ok(rtcp(1)));
    }
}

#[test]
fn another_key_fails_authentication() {
    for suite in SUITES {
        let (mut sender, _) = pair(suite);
        let other = vec![9; suite.key_bytes() + suite.salt_bytes()];
        let mut receiver =
            Context::new(suite, &MasterKey::new(suite, &other).expect("key")).expect("context");
        let protected = protect(&mut sender, &packet(1, 1));
        assert_eq!(unprotect(&mut receiver, &protected), Err(SrtpError::Authentication));
    }
}

#[test]
fn rtcp_replayed_or_unencrypted_is_refused() {
    for suite in SUITES {
        let (mut sender, mut receiver) = pair(suite);
        let first = protect_rtcp(&mut sender, &rtcp(1));
        let second = protect_rtcp(&mut sender, &rtcp(1));
        assert_ne!(first, second);
        assert!(unprotect_rtcp(&mut receiver, &second).is_ok());
        assert!(unprotect_rtcp(&mut receiver, &first).is_ok());
        assert_eq!(unprotect_rtcp(&mut receiver, &first), Err(SrtpError::Replayed));
        let mut plain = rtcp(1);
        plain.extend([0; 24]);
        assert_eq!(unprotect_rtcp(&mut receiver, &plain), Err(SrtpError::Unencrypted));
    }
}

#[test]
fn the_same_sequence_number_is_never_protected_twice() {
    let (mut sender, _) = pair(Suite::AeadAes256Gcm);
    let mut buf = protect(&mut sender, &packet(1, 1));
    assert_eq!(sender.protect_rtp(&mut buf, 172), Err(SrtpError::Replayed));
}

#[test]
fn forged_sources_take_no_room_and_real_ones_have_a_limit() {
    let (mut sender, mut receiver) = pair(Suite::AesCm128HmacSha1_32);
    for ssrc in 0..1_000 {
        let mut forged = packet(1, ssrc);
        forged.extend([0; 4]);
        assert_eq!(unprotect(&mut receiver, &forged), Err(SrtpError::Authentication));
    }
    for ssrc in 0..MAX_SOURCES as u32 {
        let protected = protect(&mut sender, &packet(1, ssrc));
        assert!(unprotect(&mut receiver, &protected).is_ok());
    }
    let mut buf = packet(1, 99);
    buf.extend([0; 16]);
    assert_eq!(sender.protect_rtp(&mut buf, 172), Err(SrtpError::TooManySources));
}

#[test]
fn no_room_for_the_tag_is_an_error_and_uses_nothing_up() {
    let (mut sender, _) = pair(Suite::AeadAes128Gcm);
    let mut buf = packet(1, 1);
    assert_eq!(sender.protect_rtp(&mut buf, 172), Err(SrtpError::BufferTooSmall));
    assert_eq!(sender.protect_rtp(&mut buf, 500), Err(SrtpError::Malformed));
    assert_eq!(buf, packet(1, 1));
    assert_eq!(protect(&mut sender, &packet(1, 1)).len(), 188);
}

#[test]
fn keys_of_the_wrong_length_are_refused_and_never_printed() {
    assert_eq!(MasterKey::new(Suite::AeadAes256Gcm, &[1; 30]), Err(SrtpError::KeyLength));
    let key = MasterKey::new(Suite::AesCm128HmacSha1_80, &[0x61; 30]).expect("key");
    assert_eq!(format!("{key:?}"), "MasterKey(30 bytes)");
    assert!(Context::new(Suite::AeadAes128Gcm, &key).is_err());
}

proptest! {
    #[test]
    fn nothing_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300), valid_start: bool) {
        let mut bytes = bytes;
        if valid_start && bytes.len() > 1 {
            bytes[0] = 0x80 | bytes[0] & 0x3F;
        }
        for suite in SUITES {
            let (mut sender, mut receiver) = pair(suite);
            let len = bytes.len();
            let mut buf = bytes.clone();
            buf.resize(len + RTCP_OVERHEAD_BYTES, 0);
            prop_assert!(receiver.unprotect_rtp(&mut buf, len).is_err());
            prop_assert!(receiver.unprotect_rtcp(&mut buf, len).is_err());
            let _ = sender.protect_rtp(&mut buf, len);
            let _ = sender.protect_rtcp(&mut buf, len);
        }
    }
}
