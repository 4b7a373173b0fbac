//! The harness itself: without a gateway, a browser that speaks a tone to itself hears that tone and no other.

use ramal_tests::Browser;
use serde_json::json;

#[tokio::test]
async fn a_tone_goes_in_at_the_microphone_and_comes_out_at_the_ear() {
    let browser = Browser::speaking(440.0).await;
    let page = browser.phone("alone").await;
    page.phone("talkToMyself", json!([])).await;
    page.hears(440.0).await;
    page.hears_no(660.0).await;
}
