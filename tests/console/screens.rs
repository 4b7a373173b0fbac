//! Every screen as people see it: nothing is wrong for those who cannot see, hear or point as others do, light or dark; and,
//! with `RAMAL_SCREENSHOTS`, a picture of each (`scripts/screens`).

use ramal_tests::deadline::until_async;
use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::talk::{established, hang_up};
use ramal_tests::{Page, Rtp, Site};
use serde_json::{Value, json};

use crate::call_log::talk_badly;
use crate::calls::caller;
use crate::office::{Agent, Office, log_in};
use crate::stage::visit;
use crate::widget;

/// What a phone shows.
const PHONE: (u32, u32) = (390, 844);
const DESK: (u32, u32) = (1366, 768);

/// Screens that were looked at, and what axe found wrong.
#[derive(Default)]
struct Looks {
    faults: Vec<String>,
}

impl Looks {
    /// Looks at what is on the page now.
    async fn at(&mut self, page: &Page, name: &str) {
        for scheme in ["light", "dark"] {
            let media = json!({ "colorScheme": scheme, "reducedMotion": "reduce" });
            page.ask("emulate", json!({ "media": media })).await;
            // What is dark differs in its colours alone.
            let rules = if scheme == "light" { Value::Null } else { json!(["color-contrast"]) };
            let faults = page.ask("accessibility", json!({ "rules": rules })).await;
            self.faults.extend(
                faults.as_array().into_iter().flatten().map(|one| format!("{name}, {scheme}: {one}")),
            );
            page.screenshot(&if scheme == "light" { name.to_owned() } else { format!("more/{name}_dark") })
                .await;
        }
        page.ask("emulate", json!({ "media": { "colorScheme": "light" } })).await;
        if std::env::var_os("RAMAL_SCREENSHOTS").is_some() {
            size(page, PHONE).await;
            page.screenshot(&format!("more/{name}_phone")).await;
            size(page, DESK).await;
        }
    }

    fn found_nothing(&self) {
        assert!(self.faults.is_empty(), "{}", self.faults.join("\n"));
    }
}

async fn size(page: &Page, (width, height): (u32, u32)) {
    page.ask("resize", json!({ "width": width, "height": height })).await;
}

/// Portuguese, or what `RAMAL_SCREENSHOTS_IN` names.
fn language() -> String {
    std::env::var("RAMAL_SCREENSHOTS_IN").unwrap_or_else(|_| "pt-BR".to_owned())
}

/// A contact centre with something of everything.
struct House {
    office: Office,
    ana: Agent,
    key: String,
    inbox: Value,
    queue: i64,
}

async fn house(site: Site) -> House {
    let office = Office::with(site, "").await;
    let said = office.admin.patch("/me", json!({ "language": language(), "name": "Helena Prado" })).await;
    assert_eq!(said.status, 200, "{}", said.text());
    let admin = &office.admin;
    let lunch = admin.does("/pause-reasons", json!({ "title": "Almoço" })).await["id"].clone();
    admin.does("/pause-reasons", json!({ "title": "Treinamento" })).await;
    let solved = admin.does("/dispositions", json!({ "title": "Resolvido" })).await["id"].clone();
    let later = admin.does("/dispositions", json!({ "title": "Retornar depois" })).await["id"].clone();
    let ana = office.hire("Ana", "100").await;
    let bia = office.hire("Bia", "102").await;
    for desk in [&ana, &bia] {
        let changed = admin.patch(&format!("/users/{}", desk.id()), json!({ "language": language() })).await;
        assert_eq!(changed.status, 200, "{}", changed.text());
    }
    let outcome = json!({ "pause_reasons": [lunch], "dispositions": [solved, later], "wrap_up_s": 600 });
    office.voice_queue(&[&ana, &bia], outcome.clone()).await;
    let queue = office.chat_queue(&[&ana, &bia], outcome).await;
    for (name, kind, value) in [
        ("Oficina São Jorge", "phone", "101"),
        ("Padaria Central", "phone", "+5511987654321"),
        ("Luísa Prado", "email", "luisa@mail.test"),
    ] {
        admin
            .does("/contacts", json!({ "name": name, "identities": [{ "kind": kind, "value": value }] }))
            .await;
    }
    let settings =
        json!({ "origins": ramal_tests::visitor::SITE, "ask_name": "required", "ask_email": "optional" });
    let body = json!({ "name": "site", "title": "Site", "plugin": "webchat", "queue_id": queue, "settings": settings });
    let inbox = admin.does("/inboxes", body).await;
    let key = inbox["key"].as_str().expect("a key").to_owned();
    let ana = office.seat(ana).await;
    House { office, ana, key, inbox, queue }
}

/// Joins all queues of a medium, whatever the language.
async fn join(page: &Page, medium: &str) {
    page.click(&format!("#channels-{medium}")).await;
    page.click(".channel-foot .primary").await;
    page.sees(&format!("#channels-{medium}.online"), "").await;
}

async fn accept(page: &Page) {
    page.click(".offer .good").await;
    page.sees_no(".offer").await;
}

async fn end(page: &Page) {
    page.click(".talk-head .primary").await;
    page.click("dialog .primary").await;
    page.sees_no("dialog").await;
}

#[tokio::test]
async fn an_agent_with_a_call() {
    let House { office, ana, .. } = house(Site::acme().recorded()).await;
    let (page, mut looks) = (&ana.page, Looks::default());
    let gate = office.browser.open_alone("gate", &format!("http://{}/", office.node.web)).await;
    gate.sees(".gate-card", "").await;
    looks.at(&gate, "log_in").await;
    page.sees(".board", "Vendas").await;
    looks.at(page, "workspace_empty").await;
    page.click("#channels-voice").await;
    looks.at(page, "channels").await;
    page.press("Escape").await;
    join(page, "voice").await;
    page.click("#dialler").await;
    page.ask("type", json!({ "text": "11987654321" })).await;
    looks.at(page, "dialler").await;
    page.press("Escape").await;
    let mut caller = caller(&office, "101").await;
    page.sees(".offer-name", "Oficina São Jorge").await;
    looks.at(page, "offer").await;
    accept(page).await;
    page.sees(".call[data-state=talking] .quality >> nth=1", "").await;
    page.fill("#tool-notes textarea", "Quer trocar de plano").await;
    page.click("#tool-notes .primary").await;
    page.fill("#tool-outcome input", "vip").await;
    page.press("Enter").await;
    page.sees(".tag", "vip").await;
    looks.at(page, "call").await;
    for width in BAR_WIDTHS {
        size(page, (width, 768)).await;
        // Nothing of who it is and how long it takes is cut.
        for part in [".talk-facts .protocol", ".talk-facts .tta", ".talk-head .primary"] {
            assert_eq!(page.ask("whole", json!({ "selector": part })).await, true, "{part}, {width}");
        }
        page.screenshot(&format!("more/call_{width}")).await;
    }
    size(page, DESK).await;
    caller.call.bye().await;
    page.sees(".call[data-state=ended]", "").await;
    page.click(".talk-head .primary").await;
    page.ask("choose", json!({ "selector": "dialog select", "value": { "label": "Resolvido" } })).await;
    looks.at(page, "end").await;
    page.click("dialog .primary").await;
    page.sees(".wrap-up", "").await;
    // Only then has the end led her back to her list: another place before that would be left again.
    page.sees_no("dialog").await;
    visit(page, &office.node, "desk/history").await;
    page.click(".lines .line").await;
    page.sees(".recording audio", "").await;
    page.ask("sound", json!({ "selector": ".recording audio" })).await;
    looks.at(page, "history").await;
    looks.found_nothing();
}

/// Widths of windows at which the call bar is looked at: a usual one, a small one.
const BAR_WIDTHS: [u32; 2] = [1280, 1024];

#[tokio::test]
async fn a_call_with_three_on_one_line_at_every_width() {
    let House { office, ana, .. } = house(Site::acme().recorded()).await;
    let (page, mut looks) = (&ana.page, Looks::default());
    join(page, "voice").await;
    let expert = office.node.phone("103").await;
    let _caller = caller(&office, "101").await;
    accept(page).await;
    page.sees(".call[data-state=talking] .quality >> nth=1", "").await;
    page.click(".call-verbs .popup-place >> nth=1 >> button").await;
    page.fill(".call-add input", "103").await;
    looks.at(page, "call_add").await;
    page.press("Enter").await;
    let (third, ear) = (expert.expect_invite().await, ramal_tests::Rtp::new().await);
    third.answer(&ear.sdp()).await;
    page.sees(".call-company [data-party='103']", "103").await;
    for width in BAR_WIDTHS {
        size(page, (width, 768)).await;
        // No tip of a button lies over another.
        page.click(".talk-head h1").await;
        looks.at(page, &format!("call_three_{width}")).await;
        let place = json!({ "selector": ".call-verbs" });
        let layout = page.ask("layout", place).await;
        assert_eq!(layout, json!({ "lines": 1, "spills": [] }), "{width}");
        // No verb is an icon without its word.
        page.sees(".talk-head .primary span", "").await;
    }
    looks.found_nothing();
}

#[tokio::test]
async fn an_agent_with_chats_and_the_rest_of_his_screens() {
    let House { office, ana, key, .. } = house(Site::acme()).await;
    let (page, mut looks) = (&ana.page, Looks::default());
    join(page, "chat").await;
    let mut marina = office.visitor(&key, "Marina", "Bom dia! Quero trocar de plano.").await;
    accept(page).await;
    page.fill(".composer textarea", "Bom dia, Marina! Claro, já verifico.").await;
    page.press("Enter").await;
    let sent =
        marina.expect("the answer", |frame| frame["type"] == "message" && frame["from"] == "agent").await;
    marina.tell(json!({ "type": "seen", "ids": [sent["id"]], "state": "read" })).await;
    page.sees(".delivery.read", "").await;
    page.fill(".composer textarea", "! Cliente antiga, ver o desconto").await;
    page.press("Enter").await;
    marina.say("second-word", "Vi em https://shop.test/planos que dá. É isso mesmo?").await;
    page.sees(".bubble.in", "É isso mesmo?").await;
    let mut joao = office.visitor(&key, "João", "Era só isso, valeu").await;
    accept(page).await;
    joao.tell(json!({ "type": "end" })).await;
    page.sees(".lines .mark[data-state=ended]", "").await;
    let nina = office.visitor(&key, "Nina", "Um instante").await;
    accept(page).await;
    drop(nina);
    page.sees(".lines .mark[data-state=left]", "").await;
    page.click(".lines .line:has-text(\"Marina\")").await;
    let mut olga = office.visitor(&key, "Olga", "Alguém aí?").await;
    page.sees(".offer", "Olga").await;
    page.click(".offer .plain").await;
    page.sees_no(".offer").await;
    page.sees(".bubble.comment", "").await;
    looks.at(page, "chat").await;
    page.click(".talk-in").await;
    page.press("t").await;
    page.sees("dialog", "").await;
    looks.at(page, "transfer").await;
    page.press("Escape").await;
    // Offered once more she would lie before what follows, on a slow machine.
    olga.tell(json!({ "type": "end" })).await;
    page.sees_no(".lines .line:has-text(\"Olga\")").await;
    for (place, name, part) in [
        ("contacts", "contacts", ".table tr:has-text(\"Padaria Central\")"),
        ("profile", "profile", ".facts"),
        ("profile/devices", "devices", "select"),
        ("profile/appearance", "appearance", "select"),
    ] {
        visit(page, &office.node, place).await;
        page.sees(part, "").await;
        looks.at(page, name).await;
    }
    visit(page, &office.node, "contacts").await;
    page.click(".table tr:has-text(\"Padaria Central\")").await;
    page.sees("dialog .facts", "").await;
    looks.at(page, "contact").await;
    page.press("Escape").await;
    page.sees_no("dialog").await;
    page.press("?").await;
    page.sees(".key-list", "").await;
    looks.at(page, "keys").await;
    looks.found_nothing();
}

#[tokio::test]
async fn an_administrators_sections() {
    let House { office, inbox, queue, .. } = house(Site::acme()).await;
    let mut looks = Looks::default();
    let page = chief(&office).await;
    let user = office.admin.read("/users").await["items"][1]["id"].clone();
    let sections = [
        "users",
        "extensions",
        "trunks",
        "dial_rules",
        "sounds",
        "conferences",
        "queues",
        "pause_reasons",
        "dispositions",
        "inboxes",
        "rules",
        "plugins",
        "tokens",
        "audit",
        "organization",
    ];
    looks.at(&page, "admin_home").await;
    // Somebody tried to call in: it is shown where he is let in.
    let stranger = carrier_of(&office.node, carrier_address().await).await;
    stranger.invite("+551130001000", &Rtp::new().await.sdp()).await.expect_status(407).await;
    let one = [format!("users/{user}"), format!("queues/{queue}"), format!("inboxes/{}", inbox["id"])];
    let single = ["admin_user", "admin_queue", "admin_inbox"];
    for (place, name) in one.iter().zip(single) {
        visit(&page, &office.node, &format!("admin/{place}")).await;
        page.sees("main form .primary", "").await;
        looks.at(&page, name).await;
    }
    for section in sections {
        visit(&page, &office.node, &format!("admin/{section}")).await;
        page.sees("main h1", "").await;
        page.sees_no(".skeleton").await;
        looks.at(&page, &format!("admin_{section}")).await;
    }
    for section in ["users", "trunks", "dial_rules", "conferences", "inboxes", "sounds"] {
        visit(&page, &office.node, &format!("admin/{section}")).await;
        page.click(".screen-head .primary").await;
        page.sees("dialog", "").await;
        looks.at(&page, &format!("admin_{section}_new")).await;
        page.press("Escape").await;
        page.sees_no("dialog").await;
    }
    looks.found_nothing();
}

/// The administrator's console, at his home.
async fn chief(office: &Office) -> Page {
    let page = office.browser.open_alone("chief", &format!("http://{}/", office.node.web)).await;
    log_in(&page, office.admin.me["email"].as_str().expect("an e-mail")).await;
    page.sees(".steps", "").await;
    page
}

#[tokio::test]
async fn a_supervisors_boards() {
    let House { office, ana, key, .. } = house(Site::acme()).await;
    let mut looks = Looks::default();
    join(&ana.page, "chat").await;
    let _marina = office.visitor(&key, "Marina", "Bom dia!").await;
    accept(&ana.page).await;
    let _joao = office.visitor(&key, "João", "Oi").await;
    accept(&ana.page).await;
    end(&ana.page).await;
    let _caller = caller(&office, "101").await;
    let page = chief(&office).await;
    visit(&page, &office.node, "supervise").await;
    page.sees("tr", "Marina").await;
    page.sees(".queue-card", "Vendas").await;
    looks.at(&page, "supervise").await;
    visit(&page, &office.node, "supervise/calls").await;
    page.sees("tr", "Vendas").await;
    looks.at(&page, "supervise_calls").await;
    let put = office.admin.put("/dial-rules", json!([{ "dial": "*70", "conference": "board" }])).await;
    assert_eq!(put.status, 200, "{}", put.text());
    let (phone, ear) = (office.node.phone("103").await, ramal_tests::Rtp::new().await);
    let mut member = phone.invite("*70", &ear.sdp()).await;
    ear.follow(&member.answered().await.text());
    visit(&page, &office.node, "supervise/rooms").await;
    page.sees("tr", "103").await;
    looks.at(&page, "supervise_rooms").await;
    visit(&page, &office.node, "supervise/waiting").await;
    page.sees("tr", "Oficina São Jorge").await;
    looks.at(&page, "supervise_waiting").await;
    page.click("td .button").await;
    page.sees("dialog .why", "Ana").await;
    looks.at(&page, "supervise_why").await;
    page.press("Escape").await;
    visit(&page, &office.node, "supervise/history").await;
    page.sees("tr", "João").await;
    looks.at(&page, "supervise_history").await;
    let (mut one, other) = established(&office.node, "102", "100").await;
    talk_badly(&one, &other).await;
    hang_up(&mut one, &other).await;
    visit(&page, &office.node, "calls").await;
    // Whoever hung up was heard, and the record comes behind.
    until_async("the record of the call", || async {
        page.click(".screen-head button").await;
        (page.count("tr:has-text(\"desligou\"), tr:has-text(\"hung up\")").await > 0).then_some(())
    })
    .await;
    looks.at(&page, "calls").await;
    page.click("tr:has-text(\"102\")").await;
    page.sees(".call-sides", "").await;
    looks.at(&page, "call_record").await;
    looks.found_nothing();
}

#[tokio::test]
async fn a_visitors_widget() {
    let House { office, ana, key, .. } = house(Site::acme()).await;
    let mut looks = Looks::default();
    join(&ana.page, "chat").await;
    let address = format!("http://{}/widget/trial?inbox={key}&language={}", office.node.web, language());
    let page = office.browser.open_alone("visitor", &address).await;
    page.sees("ramal-widget .launcher", "").await;
    looks.at(&page, "widget_launcher").await;
    widget::open(&page).await;
    page.sees("ramal-widget .form", "").await;
    looks.at(&page, "widget_form").await;
    page.fill("ramal-widget input[name=name]", "Marina").await;
    page.click("ramal-widget .form button").await;
    widget::says(&page, "Vocês entregam em Santos?").await;
    accept(&ana.page).await;
    ana.page.fill(".composer textarea", "Entregamos, em até três dias úteis.").await;
    ana.page.press("Enter").await;
    page.sees("ramal-widget .bubble.agent", "Entregamos").await;
    looks.at(&page, "widget").await;
    end(&ana.page).await;
    page.sees("ramal-widget .over", "").await;
    looks.at(&page, "widget_over").await;
    looks.found_nothing();
}
