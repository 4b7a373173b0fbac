//! The boards of one's own queues.

use ramal_tests::Rtp;
use serde_json::json;

use crate::office::Office;

#[tokio::test]
async fn f196_f198_f199_f200_a_card_for_each_queue_counts_who_waits_and_who_is_there() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let bia = office.hire("Bia", "102").await;
    let lunch = office.admin.does("/pause-reasons", json!({ "title": "Almoço" })).await["id"].clone();
    let queue = office.voice_queue(&[&ana, &bia], json!({ "pause_reasons": [lunch] })).await;
    let ana = office.seat(ana).await;
    let page = &ana.page;
    let board = format!(".board[data-queue=\"{queue}\"]");
    page.sees(&board, "Vendas").await;
    let figure = |name: &str| format!("{board} dl > div:has-text(\"{name}\") dd");
    page.sees(&figure("Na fila"), "0").await;
    page.sees(&figure("Maior espera"), "ninguém").await;
    let phone = office.node.phone("101").await;
    let rtp = Rtp::new().await;
    let mut one = phone.invite("*80", &rtp.sdp()).await;
    one.answered().await;
    page.sees(&figure("Na fila"), "1").await;
    page.sees(&figure("Maior espera"), "00:").await;
    let second = office.node.phone("103").await;
    let mut two = second.invite("*80", &rtp.sdp()).await;
    two.answered().await;
    page.sees(&figure("Na fila"), "2").await;
    // F200: the first of the two waits longest; once he is gone, the second.
    let longest =
        async || office.admin.read("/desk").await["desk"]["boards"][0]["longest_waiting_since_ms"].clone();
    let first = longest().await;
    one.bye().await;
    page.sees(&figure("Na fila"), "1").await;
    let left = office.admin.read("/interactions?state=waiting").await["items"][0]["started_at_ms"].clone();
    assert_eq!(longest().await, left);
    assert!(left.as_i64() > first.as_i64(), "{first} before {left}");
    two.bye().await;
    page.sees(&figure("Maior espera"), "ninguém").await;
    page.sees(&figure("Atendentes"), "0").await;
    let bia = office.seat(bia).await;
    bia.join("voice").await;
    page.sees(&figure("Atendentes"), "1").await;
    bia.desk.does("/presence/logout", json!({})).await;
    page.sees(&figure("Atendentes"), "0").await;
}
