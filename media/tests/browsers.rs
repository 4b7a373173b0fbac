//! Browsers beneath Legs of one engine, on simulated time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod tabs;

use std::time::Duration;

use ramal_media::codec::g711::{linear_to_ulaw, ulaw_to_linear};
use ramal_media::codec::tone::{Oscillator, goertzel};
use ramal_media::command::Source;
use ramal_media::event::Event;
use ramal_media::leg::webrtc::Road;
use ramal_media::rtp::Header;

use tabs::{Sight, World, id};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn two_browsers_hear_each_other() {
    let mut world = World::with_tabs(2, Sight::Audio);
    world.engine.hear(world.now, id(0), Source::Leg(id(1)));
    world.engine.hear(world.now, id(1), Source::Leg(id(0)));
    world.tabs[0].speak(440.0);
    world.tabs[1].speak(1_000.0);
    world.run(SECOND);
    assert!(world.tabs[0].hears(1_000.0) > 7_000.0, "{}", world.tabs[0].hears(1_000.0));
    assert!(world.tabs[1].hears(440.0) > 7_000.0, "{}", world.tabs[1].hears(440.0));
    assert!(world.tabs[0].hears(440.0) < 100.0);
    for leg in 0..2 {
        assert!(world.saw(&Event::BrowserConnected { leg: id(leg) }));
        assert!(world.saw(&Event::FirstMedia { leg: id(leg) }));
        let statistics = world.statistics(leg);
        assert!(statistics.packets_received >= 49 && statistics.packets_sent >= 48, "{statistics:?}");
        assert_eq!((statistics.packets_lost, statistics.authentication_failed), (0, 0));
        assert!(statistics.srtp);
    }
}

fn bridged(sight: Sight) -> World {
    let mut world = World::with_tabs(2, sight);
    world.engine.hear(world.now, id(0), Source::Leg(id(1)));
    world.engine.hear(world.now, id(1), Source::Leg(id(0)));
    world
}

#[test]
fn a_key_pressed_in_a_browser_is_told_once_and_reaches_the_other() {
    let mut world = bridged(Sight::Audio);
    let now = world.now;
    world.tabs[0].press(now, 5);
    world.run(SECOND);
    let told: Vec<_> = world.events.iter().filter(|event| matches!(event, Event::Dtmf { .. })).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    let passed = world.tabs[1].audio.iter().filter(|packet| *packet.header.payload_type == 101).count();
    assert_eq!(passed, 5);
}

#[test]
fn a_browser_and_a_phone_of_one_codec_are_forwarded_to_each_other() {
    let mut world = World::with_tabs(1, Sight::Audio);
    let mut phone = tabs::settings(world.tabs[0].agreed());
    phone.webrtc = None;
    phone.remote_rtp = std::net::SocketAddr::from(([192, 0, 2, 99], 4_000));
    phone.rtcp_mux = false;
    let index = world.engine.add_leg(id(1)).unwrap();
    world.engine.configure(world.now, id(1), Box::new(phone.clone()));
    world.engine.hear(world.now, id(0), Source::Leg(id(1)));
    world.engine.hear(world.now, id(1), Source::Leg(id(0)));
    world.tabs[0].speak(440.0);
    let mut voice = Oscillator::new(&[1_000.0], 8_000, 8_000.0);
    for number in 0..50_u16 {
        let mut samples = [0; 160];
        voice.fill(&mut samples);
        let mut packet = Header::new(0, number, u32::from(number) * 160, 77).to_bytes().to_vec();
        packet.extend(samples.map(linear_to_ulaw));
        let length = packet.len();
        world.engine.handle_rtp(world.now, index, phone.remote_rtp, &mut packet, length);
        world.run(Duration::from_millis(20));
    }
    assert!(world.tabs[0].hears(1_000.0) > 7_000.0);
    let to_phone =
        world.to_phones.iter().filter_map(|(_, packet)| Some((Header::parse(packet).ok()?, packet)));
    let heard: Vec<i16> = to_phone
        .filter(|(header, _)| header.payload_type == 0)
        .flat_map(|(header, packet)| {
            header.payload(packet).iter().map(|&byte| ulaw_to_linear(byte)).collect::<Vec<_>>()
        })
        .collect();
    assert!(goertzel(&heard[heard.len() - 4_000..], 8_000, 440.0).sqrt() > 7_000.0);
}

#[test]
fn dtls_from_an_address_that_ice_has_not_validated_reaches_nobody() {
    let mut world = World::new();
    world.open(0, Sight::Audio, Road::Udp(0));
    world.step();
    let hello = [&[22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4][..], &[1, 0, 0, 0]].concat();
    let stranger = std::net::SocketAddr::from(([192, 0, 2, 200], 6_666));
    let before = world.engine.strangers();
    for _ in 0..1_000 {
        world.engine.handle_browser(world.now, Road::Udp(0), stranger, &hello);
    }
    assert_eq!(world.engine.strangers() - before, 1_000);
    assert_eq!(world.engine.outputs().transmits().count(), 0, "nobody answers");
    world.run_until("the real browser is connected", |world| world.tabs[0].connected);
}

#[test]
fn a_check_with_a_wrong_password_validates_nothing() {
    let mut world = World::new();
    world.open(0, Sight::Audio, Road::Udp(0));
    let mut thief = tabs::Tab::new(world.now, 0, 9, Sight::Audio, Road::Udp(0));
    // It knows both names from the signalling, but not the secret.
    let mut agreed = world.tabs[0].agreed();
    thief.ice.ufrag = world.tabs[0].ice.ufrag.clone();
    agreed.local_ice.pwd = "guessedguessedguessedguessed".into();
    thief.dial(world.now, &agreed, world.host.certificate.fingerprint());
    for _ in 0..200 {
        world.step();
        thief.tick(world.now);
        while let Some(packet) = thief.wire.pop_front() {
            world.engine.handle_browser(world.now, Road::Udp(0), thief.address, &packet);
        }
    }
    assert!(world.engine.strangers() > 0);
    assert!(!thief.connected);
    world.run_until("the real browser is connected", |world| world.tabs[0].connected);
}

#[test]
fn srtp_garbage_from_a_validated_address_disturbs_nobody() {
    let mut world = bridged(Sight::Audio);
    world.tabs[0].speak(440.0);
    let (address, ssrc) = (world.tabs[0].address, world.tabs[0].audio_ssrc);
    let mut number = 0_u32;
    for _ in 0..1_000 {
        world.step();
        for _ in 0..20 {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Now with the SSRC of the track, now with others and a mid that str0m would believe.
            let ssrc = if number & 1 == 0 { ssrc } else { number };
            let mut packet = Header::new(0, number as u16, number, ssrc).to_bytes().to_vec();
            packet[0] |= 0x10;
            packet.extend([0xBE, 0xDE, 0, 1, tabs::MID_ID << 4, b'a', 0, 0]);
            packet.resize(60 + (number % 1_900) as usize, number as u8);
            world.engine.handle_browser(world.now, Road::Udp(0), address, &packet);
        }
    }
    let statistics = world.statistics(0);
    assert!(statistics.authentication_failed >= 19_900, "{statistics:?}");
    assert_eq!(statistics.packets_received, 50);
    assert!(world.tabs[1].hears(440.0) > 7_000.0);
}

#[test]
fn dtls_garbage_from_a_validated_address_ends_nothing() {
    let mut world = bridged(Sight::Audio);
    world.tabs[0].speak(440.0);
    let address = world.tabs[0].address;
    for number in 0..2_000_u32 {
        let mut packet = vec![20 + (number % 44) as u8, 254, 253, 0, 1, 0, 0, 0, 0, 0, number as u8, 0, 40];
        packet.resize(13 + (number % 1_900) as usize, number as u8);
        world.engine.handle_browser(world.now, Road::Udp(0), address, &packet);
        if number % 10 == 0 {
            world.step();
        }
    }
    world.run(SECOND);
    assert!(world.tabs[1].hears(440.0) > 7_000.0);
    assert!(!world.saw(&Event::BrowserClosed { leg: id(0) }), "{:?}", world.events);
}

#[test]
fn a_browser_that_vanishes_is_lost_after_fifteen_seconds_and_may_return() {
    let mut world = bridged(Sight::Audio);
    world.tabs[0].speak(440.0);
    world.run(SECOND);
    let tab = world.tabs.remove(0);
    world.run(Duration::from_secs(14));
    assert!(!world.saw(&Event::BrowserLost { leg: id(0) }));
    world.run(2 * SECOND);
    assert!(world.saw(&Event::BrowserLost { leg: id(0) }));
    let sent = world.statistics(0).packets_sent;
    world.events.clear();
    world.tabs.insert(0, tab);
    world.run_until("connected again", |world| world.saw(&Event::BrowserConnected { leg: id(0) }));
    world.tabs[1].speak(1_000.0);
    world.run(SECOND);
    assert!(world.statistics(0).packets_sent > sent);
    assert!(world.tabs[1].hears(440.0) > 7_000.0);
    assert!(world.tabs[0].hears(1_000.0) > 7_000.0);
}

#[test]
fn a_reloaded_page_takes_over_its_leg_and_the_other_side_hears_one_stream() {
    let mut world = bridged(Sight::Audio);
    world.tabs[0].speak(440.0);
    world.tabs[1].speak(1_000.0);
    world.run(SECOND);
    let heard_before = world.tabs[1].audio.len();
    // The old page is gone, and nobody has said so; the new one is not there yet.
    let mut page = tabs::Tab::new(world.now, 0, 1, Sight::Audio, Road::Udp(0));
    let agreed = page.agreed_in(1);
    let mut settings = page.settings();
    settings.webrtc = Some(Box::new(agreed.clone()));
    world.engine.configure(world.now, id(0), Box::new(settings));
    page.dial(world.now, &agreed, world.host.certificate.fingerprint());
    page.speak(700.0);
    let began = world.now;
    world.tabs[0] = page;
    world.run_until("the new page hears", |world| !world.tabs[0].audio.is_empty());
    assert!(world.now - began < SECOND, "{:?}", world.now - began);
    world.run(SECOND);
    assert!(world.tabs[0].hears(1_000.0) > 7_000.0);
    assert!(world.tabs[1].hears(700.0) > 7_000.0);
    let stream: Vec<_> =
        world.tabs[1].audio[heard_before - 1..].iter().map(|packet| &packet.header).collect();
    assert!(stream.windows(2).all(|pair| pair[0].ssrc == pair[1].ssrc));
    assert!(stream.windows(2).all(|pair| pair[1].sequence_number == pair[0].sequence_number.wrapping_add(1)));
}

#[test]
fn while_a_browser_is_away_the_other_side_hears_a_quiet_room() {
    let mut world = bridged(Sight::Audio);
    world.tabs[0].speak(440.0);
    world.run(SECOND);
    world.tabs[0].leave();
    world.run_until("it is known", |world| world.saw(&Event::BrowserClosed { leg: id(0) }));
    world.tabs[1].audio.clear();
    world.run(SECOND);
    let heard = world.tabs[1].heard();
    assert!((49..=51).contains(&world.tabs[1].audio.len()), "{}", world.tabs[1].audio.len());
    let loudest = heard.iter().map(|sample| sample.unsigned_abs()).max();
    assert!(loudest.is_some_and(|loudest| (1..500).contains(&loudest)), "{loudest:?}");
    // Another page comes: no more comfort than until its first packet.
    let mut page = tabs::Tab::new(world.now, 0, 1, Sight::Audio, Road::Udp(0));
    let agreed = page.agreed_in(1);
    world.engine.configure(world.now, id(0), Box::new(tabs::settings(agreed.clone())));
    page.dial(world.now, &agreed, world.host.certificate.fingerprint());
    page.speak(700.0);
    world.tabs[0] = page;
    world.run(SECOND);
    world.tabs[1].audio.clear();
    world.run(SECOND);
    assert!((49..=51).contains(&world.tabs[1].audio.len()), "{}", world.tabs[1].audio.len());
    assert!(world.tabs[1].hears(700.0) > 7_000.0);
}

#[test]
fn a_browser_that_vanishes_without_a_word_is_a_quiet_room_within_three_seconds() {
    let mut world = bridged(Sight::Audio);
    world.tabs[0].speak(440.0);
    world.run(SECOND);
    world.tabs[0].hush();
    world.run(3 * SECOND);
    assert!(world.tabs[1].audio.len() > 50 + 40, "{}", world.tabs[1].audio.len());
    world.tabs[1].audio.clear();
    world.run(SECOND);
    assert!((49..=51).contains(&world.tabs[1].audio.len()), "{}", world.tabs[1].audio.len());
    let loudest = world.tabs[1].heard().iter().map(|sample| sample.unsigned_abs()).max();
    assert!(loudest.is_some_and(|loudest| (1..500).contains(&loudest)), "{loudest:?}");
    assert!(!world.saw(&Event::BrowserLost { leg: id(0) }));
    world.tabs[0].speak(440.0);
    world.run(SECOND);
    world.tabs[1].audio.clear();
    world.run(SECOND);
    assert!((49..=51).contains(&world.tabs[1].audio.len()), "{}", world.tabs[1].audio.len());
    assert!(world.tabs[1].hears(440.0) > 7_000.0);
}

#[test]
fn a_changed_network_is_followed_by_ice_alone() {
    let mut world = bridged(Sight::Audio);
    world.tabs[0].speak(440.0);
    world.tabs[1].speak(1_000.0);
    world.run(SECOND);
    // The browser restarts ICE: other credentials on both sides, the same certificate, another address.
    let mut agreed = world.tabs[0].agreed_in(1);
    agreed.remote_ice.ufrag = "moved".into();
    agreed.remote_ice.pwd = "movedmovedmovedmovedmoved".into();
    let mut settings = world.tabs[0].settings();
    settings.webrtc = Some(Box::new(agreed.clone()));
    world.engine.configure(world.now, id(0), Box::new(settings));
    let now = world.now;
    world.tabs[0].restart_ice(now, &agreed);
    world.run(2 * SECOND);
    world.tabs[0].audio.clear();
    world.tabs[1].audio.clear();
    world.run(SECOND);
    assert!(world.tabs[0].hears(1_000.0) > 7_000.0);
    assert!(world.tabs[1].hears(440.0) > 7_000.0);
    assert!(!world.saw(&Event::BrowserClosed { leg: id(0) }));
}

#[test]
fn a_browser_comes_by_tcp() {
    let mut world = World::new();
    world.open(0, Sight::Audio, Road::Tcp(0));
    world.open(1, Sight::Audio, Road::Udp(0));
    world.run_until("both connected", |world| world.tabs.iter().all(|tab| tab.connected));
    world.engine.hear(world.now, id(0), Source::Leg(id(1)));
    world.engine.hear(world.now, id(1), Source::Leg(id(0)));
    world.tabs[0].speak(440.0);
    world.tabs[1].speak(1_000.0);
    world.run(SECOND);
    assert!(world.tabs[0].hears(1_000.0) > 7_000.0);
    assert!(world.tabs[1].hears(440.0) > 7_000.0);
    // A connection that ended takes its validation with it.
    let address = world.tabs[0].address;
    world.engine.road_closed(Road::Tcp(0), address);
    let before = world.engine.strangers();
    world.engine.handle_browser(world.now, Road::Tcp(0), address, &[0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(world.engine.strangers(), before + 1);
}

#[test]
fn a_description_without_ssrc_is_learnt_from_authentic_packets() {
    let mut world = World::new();
    world.engine.add_browser_leg(id(0), &world_ice(0)).unwrap();
    let mut tab = tabs::Tab::new(world.now, 0, 0, Sight::Audio, Road::Udp(0));
    let mut agreed = tab.agreed();
    tab.dial(world.now, &agreed, world.host.certificate.fingerprint());
    agreed.audio.remote_ssrc = None;
    world.engine.configure(world.now, id(0), Box::new(tabs::settings(agreed)));
    world.tabs.push(tab);
    world.run_until("connected", |world| world.tabs[0].connected);
    world.engine.hear(world.now, id(0), Source::Leg(id(0)));
    world.tabs[0].speak(440.0);
    world.run(SECOND);
    assert!(world.tabs[0].hears(440.0) > 7_000.0, "the echo");
    assert_eq!(world.statistics(0).authentication_failed, 0);
}

#[test]
fn another_certificate_than_the_agreed_one_is_refused() {
    let mut world = World::new();
    let mut tab = tabs::Tab::new(world.now, 0, 0, Sight::Audio, Road::Udp(0));
    world.engine.add_browser_leg(id(0), &world_ice(0)).unwrap();
    let mut agreed = tab.agreed();
    tab.dial(world.now, &agreed, world.host.certificate.fingerprint());
    agreed.remote_fingerprint.0[0] ^= 1;
    world.engine.configure(world.now, id(0), Box::new(tabs::settings(agreed)));
    world.tabs.push(tab);
    world.run_until("closed", |world| world.saw(&Event::BrowserClosed { leg: id(0) }));
    assert!(!world.saw(&Event::BrowserConnected { leg: id(0) }));
}

#[test]
fn a_removed_leg_says_farewell_and_is_found_no_more() {
    let mut world = bridged(Sight::Audio);
    world.engine.remove_leg(world.now, id(0));
    world.run(SECOND);
    assert!(!world.tabs[0].rtc.is_alive(), "close_notify came");
    let before = world.engine.strangers();
    world.engine.handle_browser(world.now, Road::Udp(0), world.tabs[0].address, &[22; 40]);
    assert_eq!(world.engine.strangers(), before + 1);
}

fn world_ice(leg: usize) -> ramal_media::webrtc::IceCredentials {
    tabs::local_ice(leg, 0)
}
