//! Browsers on the whole program: `ramal serve` on a core of its own, over real sockets; the browsers are the WebRTC stack of the
//! suites, the carrier their phone, on the other cores and not counted.

use std::future::Future;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::page::Seat;
use ramal_tests::page::media::PageMedia;
use ramal_tests::sdp::{EVENTS, PCMU};
use ramal_tests::{Call, Node, Rtp, Site, Ua, WirePage};

use crate::error::{BenchError, Outcome, io};
use crate::frame::{Figure, Options};
use crate::process::usage_of;
use crate::transcode;

const WHO: &str = "ramal serve";
/// Calls at once, unless `BENCH_CALLS` says otherwise.
const CALLS: usize = 40;
/// Calls that a page answers, one after the other.
const ANSWERS: usize = 25;
/// Of the packets that a browser should get, so many must come for a figure to count.
const LEAST_SHARE: f64 = 0.95;
/// Packets of one direction in a second.
const PACKETS_PER_S: f64 = 50.0;
const TONE_HZ: f64 = 440.0;

/// What opening and sealing one packet costs at least, in µs.
pub struct Floor {
    pub srtp_us: f64,
    /// What a connected browser weighs in the engine alone, in KiB.
    pub leg_kib: f64,
}

/// Runs all of it.
///
/// # Errors
/// The program does not come up, or media does not flow.
pub fn run(options: &Options, floor: &Floor) -> Outcome<Vec<Figure>> {
    pin_others()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(io("a runtime"))?;
    let calls = options.calls.as_ref().and_then(|calls| calls.first().copied()).unwrap_or(CALLS);
    let codecs_us = transcode::bare_us_of_browser_and_phone(options.window / 8);
    runtime.block_on(async {
        let mut figures = answers().await?;
        figures.extend(calls_a_core(options.window, calls, floor, codecs_us).await?);
        Ok(figures)
    })
}

/// From the click on "answer" to the first packet of sound, on both sides.
async fn answers() -> Outcome<Vec<Figure>> {
    let house = House::start(1).await?;
    let page = WirePage::sign_in(&house.node, &extension(0)).await;
    let seat = page.take_seat().await;
    seat.media.speak(TONE_HZ);
    let mut events = page.events().await;
    let (mut at_page, mut at_phone, mut requests) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ANSWERS {
        let ear = Rtp::new().await;
        let mut call = house.carrier.invite("551140000000", &ear.sdp()).await;
        let ringing = events.expect_call("ringing").await;
        let id = ringing["id"].as_str().unwrap_or_default().to_owned();
        requests.push(timed(page.ask("GET", "/api/calls", &[], &[])).await);
        let click = Instant::now();
        let (_, _, page_heard, phone_heard) = tokio::join!(
            page.tell(&id, "answer", None),
            async {
                ear.follow(&call.answered().await.text());
                ear.speak(TONE_HZ);
            },
            seat.media.next_sound(),
            ear.expect_packet("sound of the page", |_| true),
        );
        at_page.push(ms(page_heard - click));
        at_phone.push(ms(phone_heard.at.into_std() - click));
        tokio::join!(call.bye(), events.expect_ended(&id));
    }
    let floor = median(&mut requests);
    let figures = [("page hears the caller", at_page), ("caller hears the page", at_phone)];
    Ok(figures
        .into_iter()
        .flat_map(|(who, mut found)| {
            let name = format!("answer click to first audio, {who}");
            let (median, worst) = (median(&mut found), found.last().copied().unwrap_or(0.0));
            [
                Figure::new(format!("{name}: median"), median, "ms").floor(floor),
                Figure::new(format!("{name}: longest of {ANSWERS}"), worst, "ms").floor(floor),
            ]
        })
        .collect())
}

/// Memory of a Leg, then calls of three kinds.
async fn calls_a_core(window: Duration, calls: usize, floor: &Floor, codecs_us: f64) -> Outcome<Vec<Figure>> {
    let mut figures = Vec::new();
    // A packet of each direction is opened or sealed once between a browser and a phone, and both between browsers.
    let half_us = PACKETS_PER_S * floor.srtp_us;
    let kinds = [
        (Kind::Forwarded, half_us),
        (Kind::Transcoded, half_us + PACKETS_PER_S * codecs_us),
        (Kind::Browsers, 2.0 * half_us),
    ];
    for (kind, floor_us) in kinds {
        let pages = if kind == Kind::Browsers { 2 * calls } else { calls };
        let house = House::start(pages).await?;
        let before = usage_of(house.node.process()).map_err(io(WHO))?;
        let mut seats = Vec::new();
        for number in 0..pages {
            seats.push(house.seat(number, kind).await);
        }
        if kind == Kind::Browsers {
            let after = usage_of(house.node.process()).map_err(io(WHO))?;
            let grown = after.resident_kib.saturating_sub(before.resident_kib) as f64 / pages as f64;
            let name = format!("a browser Leg in the whole program, {pages} seats: resident");
            figures.push(Figure::new(name, grown, "KiB").floor(floor.leg_kib));
        }
        let running = house.connect(&seats, kind).await;
        let cores = house.cores(window, &seats).await?;
        let name = format!("{}, {calls} calls over real sockets: calls a core", kind.name());
        figures.push(Figure::new(name, calls as f64 / cores, "calls").floor(1e6 / floor_us));
        drop(running);
    }
    Ok(figures)
}

/// Who talks with whom.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A browser in G.711 and a carrier in the same.
    Forwarded,
    /// A browser that sends Opus, as browsers do, and a carrier in G.711.
    Transcoded,
    Browsers,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Forwarded => "WebRTC and G.711, forwarded",
            Self::Transcoded => "WebRTC in Opus and G.711",
            Self::Browsers => "WebRTC and WebRTC",
        }
    }
}

/// The program with its extensions and a carrier.
struct House {
    node: Node,
    carrier: Ua,
}

/// What has to live as long as the calls do.
struct Running {
    _calls: Vec<(Call, Rtp)>,
}

impl House {
    async fn start(extensions: usize) -> Outcome<Self> {
        let address = carrier_address().await;
        let mut site = Site::acme().trunk("carrier", address, "codecs = [\"PCMU\"]").trunk_number(
            "carrier",
            "551140000000",
            &extension(0),
        );
        for number in 0..extensions {
            site = site.extension(&extension(number), "");
        }
        let limits = "#log.filter = \"error\"\n#web.connections_per_source = 4096\n\
                      [sip.limits]\ncalls = 20000\ninvites_per_source_per_s = 100000\n";
        let node = Node::start_with(site, limits).await;
        let carrier = carrier_of(&node, address).await;
        pin(node.process())?;
        Ok(Self { node, carrier })
    }

    async fn seat(&self, number: usize, kind: Kind) -> (WirePage, Seat) {
        let page = WirePage::sign_in(&self.node, &extension(number)).await;
        let (media, offer) = match kind {
            Kind::Forwarded | Kind::Browsers => PageMedia::offer().await,
            Kind::Transcoded => PageMedia::offer_opus().await,
        };
        let seat = page.attach_by(media, &offer).await;
        seat.media.connected().await;
        (page, seat)
    }

    /// Everybody speaks.
    async fn connect(&self, seats: &[(WirePage, Seat)], kind: Kind) -> Running {
        let mut calls = Vec::new();
        let opus = Arc::new(transcode::opus_packets());
        match kind {
            Kind::Forwarded | Kind::Transcoded => {
                for (number, (page, _)) in seats.iter().enumerate() {
                    page.dial(&format!("05511{number:05}")).await;
                    let call = self.carrier.expect_invite().await;
                    let rtp = Rtp::new().await;
                    rtp.follow(&call.offer());
                    call.answer(&rtp.describe(&[PCMU, EVENTS]).text()).await;
                    rtp.speak(TONE_HZ);
                    calls.push((call, rtp));
                }
            }
            Kind::Browsers => {
                let (callers, callees) = seats.split_at(seats.len() / 2);
                for (number, ((caller, _), (callee, _))) in callers.iter().zip(callees).enumerate() {
                    let mut events = callee.events().await;
                    caller.dial(&extension(callers.len() + number)).await;
                    let ringing = events.expect_call("ringing").await;
                    callee.tell(ringing["id"].as_str().unwrap_or_default(), "answer", None).await;
                }
            }
        }
        for (_, seat) in seats {
            match kind {
                Kind::Forwarded | Kind::Browsers => seat.media.speak(TONE_HZ),
                Kind::Transcoded => seat.media.speak_opus(Arc::clone(&opus)),
            }
        }
        Running { _calls: calls }
    }

    /// Cores in use over a window in which every browser hears somebody.
    async fn cores(&self, window: Duration, seats: &[(WirePage, Seat)]) -> Outcome<f64> {
        // What begins a call is over by then.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let heard = || seats.iter().map(|(_, seat)| seat.media.sounds()).sum::<u64>();
        let (began, sounds) = (Instant::now(), heard());
        let before = usage_of(self.node.process()).map_err(io(WHO))?;
        tokio::time::sleep(window).await;
        let after = usage_of(self.node.process()).map_err(io(WHO))?;
        let seconds = began.elapsed().as_secs_f64();
        let share = (heard() - sounds) as f64 / (PACKETS_PER_S * seconds * seats.len() as f64);
        if share < LEAST_SHARE {
            let what = format!("{:.0} % of the packets came: fewer calls, by BENCH_CALLS", share * 100.0);
            return Err(BenchError::subject(WHO, what));
        }
        Ok((after.cpu - before.cpu).as_secs_f64() / seconds)
    }
}

fn extension(number: usize) -> String {
    format!("{}", 2_000 + number)
}

async fn timed<T>(work: impl Future<Output = T>) -> f64 {
    let began = Instant::now();
    work.await;
    ms(began.elapsed())
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Sorts what it is given.
fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(0.0)
}

/// The subject has the first core for itself, where there are several.
fn pin(process: u32) -> Outcome<()> {
    hold("0", process)
}

/// This process, with all threads that it makes from now on, keeps off the first core.
fn pin_others() -> Outcome<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    hold(&format!("1-{}", cores.saturating_sub(1)), std::process::id())
}

fn hold(list: &str, process: u32) -> Outcome<()> {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        return Ok(());
    }
    let held = Command::new("taskset").args(["-a", "-c", "-p", list, &process.to_string()]).output();
    let held = held.map_err(io("taskset"))?;
    if held.status.success() {
        return Ok(());
    }
    Err(BenchError::subject("taskset", String::from_utf8_lossy(&held.stderr).into_owned()))
}
