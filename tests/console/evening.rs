//! One evening: a caller of a carrier, a visitor of the site and a customer on Telegram reach the same two agents, and all
//! three stand in the history. It runs on both databases.

use ramal_tests::deadline::{until_async, within};
use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::rtp::tone;
use ramal_tests::sandbox::Sandbox;
use ramal_tests::{Call, Page, Rtp, Site, Ua, Wav, wav};
use serde_json::{Value, json};

use crate::figures;
use crate::office::{AGENT_HZ, Agent, Office, log_in};

/// What callers of the queue hear, in hertz: no music of ours sounds like it.
const MUSIC_HZ: f64 = 1250.0;
const CALLER_HZ: f64 = 660.0;
/// The caller's number, as the carrier tells it.
const CALLER: &str = "5511999990000";
/// How long the visitor is away, in milliseconds, of the 90 s that he may be.
const AWAY_MS: i64 = 60_000;
/// Téo's chat with the bot.
const CHAT: i64 = 7;

/// What is there before the first customer comes.
struct Evening {
    office: Office,
    carrier: Ua,
    telegram: Sandbox,
    ana: Agent,
    bia: Agent,
    /// Key of the site's inbox.
    site: String,
    // The music lies in it.
    _sounds: tempfile::TempDir,
}

/// Somebody who called and is in the line.
struct Caller {
    call: Call,
    rtp: Rtp,
}

impl Evening {
    async fn begin() -> Evening {
        let sounds = tempfile::tempdir().expect("a folder");
        wav::write_mono(&sounds.path().join("waiting.wav"), 8000, &tone::sine(MUSIC_HZ, 8000, 0, 16_000));
        let address = carrier_address().await;
        let site = Site::acme().recorded().announcements(sounds.path()).trunk("carrier", address, "");
        let office = Office::of(site).await;
        let carrier = carrier_of(&office.node, address).await;
        let telegram = Sandbox::start().await;
        let (ana, bia) = (office.hire("Ana", "100").await, office.hire("Bia", "102").await);
        let solved = office.admin.does("/dispositions", json!({ "title": "Resolvido" })).await["id"].clone();
        let calls = json!({ "music": "waiting.wav", "wrap_up_s": 600, "dispositions": [solved] });
        office.voice_queue(&[&ana, &bia], calls).await;
        let mut rules = office.admin.read("/dial-rules").await;
        let ours = json!({ "from_trunk": "carrier", "number": "551140000000", "queue": "vendas" });
        rules.as_array_mut().expect("rules").push(ours);
        let put = office.admin.put("/dial-rules", rules).await;
        assert_eq!(put.status, 200, "{}", put.text());
        let chats =
            office.chat_queue(&[&ana, &bia], json!({ "wrap_up_s": 0, "dispositions": [solved] })).await;
        let settings = json!({ "ask_name": "required", "ask_email": "required" });
        let body = json!({ "name": "site", "title": "Site", "plugin": "webchat", "queue_id": chats, "settings": settings });
        let site = office.admin.does("/inboxes", body).await["key"].as_str().expect("a key").to_owned();
        bot(&office, &telegram, chats).await;
        let (ana, bia) = (office.seat(ana).await, office.seat(bia).await);
        for agent in [&ana, &bia] {
            agent.page.ask("watch", json!({ "attribute": "data-offer" })).await;
        }
        Evening { office, carrier, telegram, ana, bia, site, _sounds: sounds }
    }

    /// A call of the carrier, answered by the node.
    async fn rings(&self) -> Caller {
        let rtp = Rtp::new().await;
        let mut call = self.carrier.invite("551140000000", &rtp.sdp()).await;
        rtp.follow(&call.answered().await.text());
        rtp.speak(CALLER_HZ);
        Caller { call, rtp }
    }

    /// The site, as a visitor's browser shows one of its pages.
    fn address(&self, page: &str) -> String {
        let (web, key) = (self.office.node.web, &self.site);
        format!("http://{web}/widget/trial?inbox={key}&language=pt-BR&page={page}")
    }

    /// The Interaction of this customer, as the administrator sees it.
    async fn of(&self, title: &str) -> Value {
        let all = self.office.admin.read("/interactions?limit=10").await;
        let all = all["items"].as_array().cloned().unwrap_or_default();
        let found = all.into_iter().find(|one| one["title"] == title);
        found.unwrap_or_else(|| panic!("no interaction of {title}"))
    }

    /// He waits with music, until Ana answers in her browser; both hear each other.
    async fn the_caller_is_answered(&self) -> Caller {
        let caller = self.rings().await;
        caller.rtp.hears(MUSIC_HZ).await;
        self.ana.join("voice").await;
        self.ana.page.sees(".offer", "Vendas").await;
        self.ana.accept().await;
        self.ana.page.sees(".call[data-state=talking]", "Em conversa").await;
        tokio::join!(self.ana.page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
        caller
    }

    async fn the_caller_is_held(&self, caller: &Caller) {
        let page = &self.ana.page;
        page.press("h").await;
        page.sees(".call[data-state=held]", "Em espera").await;
        tokio::join!(page.hears_no(CALLER_HZ), caller.rtp.hears(MUSIC_HZ));
    }

    /// He fills in the form and is answered by the agent who is free.
    async fn the_visitor_chats(&self) -> Page {
        self.ana.join("chat").await;
        self.bia.join("chat").await;
        let visitor = self.office.browser.open_alone("visitor", &self.address("prices")).await;
        visitor.click("ramal-widget .launcher").await;
        visitor.fill("ramal-widget input[name=name]", "Marina").await;
        visitor.fill("ramal-widget input[name=email]", "marina@example.com").await;
        visitor.click("ramal-widget .form button").await;
        writes(&visitor, "Quero trocar de plano").await;
        let page = &self.bia.page;
        page.sees(".offer", "Marina").await;
        self.bia.accept().await;
        page.sees(".bubble.in", "Quero trocar de plano").await;
        page.sees("#tool-visitor", "page=prices").await;
        let email = page.ask("value", json!({ "selector": "#tool-visitor input[type=email]" })).await;
        assert_eq!(email, "marina@example.com");
        answers(page, "Para qual plano, Marina?").await;
        visitor.sees("ramal-widget .bubble.agent", "Para qual plano, Marina?").await;
        visitor
    }

    /// A minute away from the page, which costs the test none: her row says when she left.
    async fn the_visitor_leaves_and_comes_back(&self, visitor: &Page) {
        let page = &self.bia.page;
        visitor.ask("go", json!({ "url": "about:blank" })).await;
        page.sees(".lines .line:has-text(\"Marina\")", "Saiu da página").await;
        let id = self.of("Marina").await["id"].clone();
        self.office.node.database.change(&format!(
            "UPDATE interactions SET left_at_ms = left_at_ms - {AWAY_MS} WHERE id = {id} AND left_at_ms IS NOT NULL"
        ));
        page.click(".lines .line:has-text(\"Marina\")").await;
        answers(page, "Marina?").await;
        // At most the other 30 s.
        page.sees(".lines .line:has-text(\"Marina\") >> text=/página, ([0-9]|[12][0-9]|30) s/", "").await;
        visitor.ask("go", json!({ "url": self.address("home") })).await;
        visitor.sees("ramal-widget .bubble.visitor", "Quero trocar de plano").await;
        visitor.sees("ramal-widget .bubble.agent", "Marina?").await;
        page.sees(".lines .line:has-text(\"Marina\") .mark[data-state=answered]", "").await;
        writes(visitor, "Voltei: o ilimitado").await;
        page.sees(".bubble.in", "Voltei: o ilimitado").await;
    }

    /// He writes to the bot, is answered and is done.
    async fn a_telegram_message_is_answered(&self) {
        self.telegram.write(CHAT, "Téo", "Vocês abrem amanhã?").await;
        let page = &self.bia.page;
        page.sees(".offer", "Téo").await;
        self.bia.accept().await;
        page.sees(".bubble.in", "Vocês abrem amanhã?").await;
        answers(page, "Abrimos às 9h").await;
        self.telegram.expect_said(CHAT, "Abrimos às 9h").await;
        self.bia.end(Some("Resolvido")).await;
    }

    /// Ana sends the caller to Bia and Bia the visitor to Ana: each is free for the other's customer only then.
    async fn they_change_customers(&self, caller: &Caller, visitor: &Page) {
        let (ana, bia) = (&self.ana, &self.bia);
        ana.page.press("h").await;
        ana.page.sees(".call[data-state=talking]", "").await;
        tokio::join!(ana.page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
        transfers(ana, "Bia").await;
        caller.rtp.hears(MUSIC_HZ).await;
        bia.page.click(".lines .line:has-text(\"Marina\")").await;
        transfers(bia, "Ana").await;
        bia.page.sees(".offer", "Vendas").await;
        bia.accept().await;
        bia.page.sees(".call[data-state=talking]", "").await;
        tokio::join!(bia.page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ), ana.page.hears_no(CALLER_HZ));
        // It is her microphone that he hears.
        bia.page.press("m").await;
        caller.rtp.hears_no(AGENT_HZ).await;
        bia.page.press("m").await;
        caller.rtp.hears(AGENT_HZ).await;
        ana.page.sees(".offer", "Marina").await;
        ana.accept().await;
        ana.page.sees(".bubble.in", "Voltei: o ilimitado").await;
        answers(&ana.page, "Feito!").await;
        visitor.sees("ramal-widget .bubble.agent", "Feito!").await;
    }

    async fn the_visitor_ends(&self, visitor: &Page) {
        visitor.click("ramal-widget .head button[aria-label='Encerrar conversa']").await;
        visitor.click("ramal-widget .sure button.primary").await;
        visitor.sees("ramal-widget .over", "Você encerrou a conversa.").await;
        self.ana.page.sees(".talk-note", "O cliente encerrou").await;
        self.ana.end(Some("Resolvido")).await;
    }

    /// Bia hangs up, says how it went, and has her wrap-up.
    async fn the_call_ends(&self, caller: Caller) {
        let page = &self.bia.page;
        page.click("role=button[name=\"Desligar chamada\"]").await;
        caller.call.expect_bye().await;
        page.sees(".call[data-state=ended]", "").await;
        self.bia.end(Some("Resolvido")).await;
        page.sees(".wrap-up", "Pós-atendimento").await;
        page.click("role=button[name=\"Concluir pós-atendimento\"]").await;
        page.sees_no(".wrap-up").await;
    }

    /// All three stand in the history of whoever may see all, and the call is heard there.
    async fn all_three_stand_in_the_history(&self) {
        let office = &self.office;
        let call = self.of(CALLER).await["id"].clone();
        recording(office, &call).await;
        let page = office.browser.open_alone("chief", &format!("http://{}/", office.node.web)).await;
        log_in(&page, office.admin.me["email"].as_str().expect("an e-mail")).await;
        page.ask("go", json!({ "url": format!("http://{}/#/desk/history", office.node.web) })).await;
        for (customer, said) in [("Téo", "Abrimos às 9h"), ("Marina", "Voltei: o ilimitado")] {
            page.click(&format!(".lines .line:has-text(\"{customer}\")")).await;
            page.sees(".talk-place .bubble", said).await;
        }
        page.click(&format!(".lines [data-interaction=\"{call}\"]")).await;
        page.sees(".recording audio", "").await;
        page.ask("play", json!({ "selector": ".recording audio", "seconds": 0.5 })).await;
        page.counts(".lines [data-interaction]", 3).await;
        page.screenshot("console_evening").await;
    }

    /// What the rows say when all is over.
    async fn nothing_is_missing(&self) {
        let record = self.office.node.expect_cdr().await;
        assert_eq!((&record["trunk"], &record["queue"]), (&json!("carrier"), &json!("vendas")));
        let (ana, bia) = (self.ana.desk.id(), self.bia.desk.id());
        for (customer, agent) in [(CALLER, bia), ("Marina", ana), ("Téo", bia)] {
            let interaction = self.of(customer).await;
            assert_eq!(
                (&interaction["state"], &interaction["agent"]["id"]),
                (&json!("closed"), &json!(agent))
            );
            assert_eq!(interaction["disposition"]["title"], "Resolvido", "{interaction:#}");
        }
        let told = self.told("Marina").await;
        let kinds: Vec<&str> = told.iter().filter_map(|one| one["kind"].as_str()).collect();
        let course =
            ["arrived", "customer_left", "customer_returned", "transferred", "customer_ended", "closed"];
        let mut rest = kinds.iter();
        assert!(course.iter().all(|kind| rest.any(|other| other == kind)), "{kinds:?}");
        let said = self
            .office
            .admin
            .read(&format!("/interactions/{}/messages", self.of("Marina").await["id"]))
            .await;
        assert_eq!(said["items"].as_array().map(Vec::len), Some(5), "each message once: {said:#}");
    }

    /// What happened to the Interaction of a customer.
    async fn told(&self, customer: &str) -> Vec<Value> {
        let id = self.of(customer).await["id"].clone();
        let page = self.office.admin.read(&format!("/interactions/{id}/events?limit=100")).await;
        page["items"].as_array().cloned().unwrap_or_default()
    }
}

/// The bot of the sandbox, whose messages wait in this queue.
async fn bot(office: &Office, sandbox: &Sandbox, queue: i64) {
    office.node.run(&["plugin", "grant", "telegram", "--allow-private-networks", "--allow-cleartext"]).await;
    let settings = json!({ "token": "42:abc", "webhook_secret": "s3cret", "api_url": format!("http://{}", sandbox.address) });
    let body = json!({ "name": "bot", "title": "Bot", "plugin": "telegram", "queue_id": queue, "settings": settings });
    let inbox = office.admin.does("/inboxes", body).await;
    // A running node takes up the grants within seconds; until then the provider cannot be asked.
    within("a bot that is ready", async {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(200));
        loop {
            tick.tick().await;
            let tried = office.admin.patch(&format!("/inboxes/{}", inbox["id"]), json!({})).await.json();
            if tried["state"] == "ready" {
                return;
            }
        }
    })
    .await;
}

/// The visitor says something; the tick says that it is stored.
async fn writes(visitor: &Page, text: &str) {
    visitor.fill("ramal-widget textarea", text).await;
    visitor.press("Enter").await;
    visitor.sees("ramal-widget .bubble.visitor:has([aria-label=Enviada])", text).await;
}

/// The agent says something in what is on the screen.
async fn answers(page: &Page, text: &str) {
    page.fill(".composer textarea", text).await;
    page.press("Enter").await;
    page.sees(".bubble.out", text).await;
}

/// Sends what is on the screen to a colleague.
async fn transfers(agent: &Agent, to: &str) {
    agent.page.click(".talk-head h1").await;
    agent.page.press("t").await;
    agent.page.click(&format!("dialog >> role=radio[name=/{to}/]")).await;
    agent.page.click("dialog >> role=button[name=\"Transferir\"]").await;
    agent.page.sees_no("dialog").await;
}

/// The recording holds both sides.
async fn recording(office: &Office, interaction: &Value) {
    let list = until_async("the recording in the list", || async {
        let list = office.admin.read(&format!("/interactions/{interaction}/recordings")).await;
        list.as_array().is_some_and(|list| !list.is_empty()).then_some(list)
    })
    .await;
    let url = list[0]["url"].as_str().expect("an address").trim_start_matches("/api/v1").to_owned();
    let heard = Wav::parse(office.admin.get(&url).await.bytes()).expect("a WAV file");
    assert!(heard.seconds_of_tone(0, CALLER_HZ) > 0.5, "the caller on the left");
    assert!(heard.seconds_of_tone(1, AGENT_HZ) > 0.5, "the agents on the right");
}

#[tokio::test]
async fn f001_a_caller_a_visitor_and_a_telegram_message_reach_the_same_two_agents() {
    let evening = Evening::begin().await;
    let caller = evening.the_caller_is_answered().await;
    evening.the_caller_is_held(&caller).await;
    let visitor = evening.the_visitor_chats().await;
    evening.a_telegram_message_is_answered().await;
    evening.the_visitor_leaves_and_comes_back(&visitor).await;
    evening.they_change_customers(&caller, &visitor).await;
    evening.the_visitor_ends(&visitor).await;
    evening.the_call_ends(caller).await;
    evening.all_three_stand_in_the_history().await;
    evening.nothing_is_missing().await;
    let mut offered = Vec::new();
    for customer in [CALLER, "Marina", "Téo"] {
        offered.extend(evening.told(customer).await.into_iter().filter(|one| one["kind"] == "offered"));
    }
    figures::offers_to_screen("evening", &offered, &[&evening.ana, &evening.bia]).await;
}
