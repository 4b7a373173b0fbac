//! A page opens its events and never reads them: it is cut off, and nobody else notices.

use ramal_tests::deadline::within;
use ramal_tests::page::events::Events;
use ramal_tests::talk::Echo;

/// Pages that listen, as the gateway counts them.
const LISTENING: &str = "ramal_active{kind=\"pages\"}";
/// Events after which a page that has read none is cut off at the latest: 256 may wait for it, the rest lies in the sockets.
const MOST_EVENTS: usize = 2_000;
/// Between two looks at the count.
const EVENTS: usize = 64;

#[tokio::test]
async fn is_cut_off_while_others_are_told_everything() {
    let echo = Echo::begun().await;
    let mut reader = echo.page.events().await;
    let mut deaf = Events::deaf(echo.node.web, echo.page.token()).await;
    within("two pages that listen", async {
        while echo.node.metric(LISTENING).await < 2.0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut told = 0;
    while echo.node.metric(LISTENING).await > 1.0 {
        assert!(told < MOST_EVENTS, "{told} events wait for who reads none");
        for _ in 0..EVENTS / 2 {
            for (verb, state) in [("hold", "held"), ("resume", "talking")] {
                echo.page.tell(&echo.call, verb, None).await;
                assert_eq!(reader.next_call().await["state"], state, "after {told} events");
                told += 1;
            }
        }
    }
    let read = deaf.drain().await;
    assert!(read < told, "{read} of {told}");
    // It comes again and begins with what there is.
    assert_eq!(echo.page.events().await.snapshot["calls"][0]["state"], "talking");
    echo.goes_on().await;
}
