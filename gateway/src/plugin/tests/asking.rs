//! What a plugin asks of others: only where it may, only as often as it may.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use crate::plugin::testing::{TestHost, built, placement, webhook};
use crate::plugin::wit::content::{AttachmentKind, TextFormat};
use crate::plugin::wit::outbound::{
    Destination, File, OutboundContent, OutboundMessage, OutboundRequest, SendError, Sender, SenderKind,
    TextAndFiles,
};
use crate::plugin::{Grants, Plugin};

/// A server that answers every request with its body, or with `bytes` of its own, and closes.
fn server(bytes: Option<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut space = [0; 4096];
            let body = loop {
                let count = stream.read(&mut space).unwrap();
                request.extend_from_slice(&space[..count]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))
                    .map_or(0, |length| length.parse().unwrap());
                if body.len() >= length || count == 0 {
                    break body.to_owned();
                }
            };
            let body = bytes.clone().unwrap_or_else(|| body.into_bytes());
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            // The plugin may have gone away.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    format!("http://{address}/")
}

async fn get(plugin: &Arc<Plugin>, deed: &str) -> String {
    let delivered = plugin.receive(&placement(1, "inbox:1"), webhook(deed)).await.unwrap().unwrap();
    String::from_utf8(delivered.reply.body).unwrap()
}

#[tokio::test]
async fn a_granted_host_answers() {
    let test = TestHost::wicked().await;
    let plugin = test.plugin("wicked");
    let url = server(Some(b"hello".to_vec()));
    assert_eq!(get(&plugin, &format!("get {url}")).await, "200 hello");
    assert_eq!(get(&plugin, &format!("many {url}")).await, "16");
    test.remove().await;
}

#[tokio::test]
async fn what_was_not_granted_is_refused() {
    let file = built("gateway/testdata/wicked");
    let all = Grants::all_of(&file.manifest);
    let test = TestHost::with(vec![(file.clone(), all.clone())]).await;
    let plugin = test.plugin("wicked");
    let url = server(None);
    assert!(get(&plugin, "get https://other.example/").await.starts_with("HttpError::NotAllowed"));
    assert!(
        get(&plugin, "get https://granted.example@other.example/").await.starts_with("HttpError::Invalid")
    );
    assert!(get(&plugin, &format!("get {url}")).await.contains("without TLS"));
    let secure = url.replace("http:", "https:");
    // The name is granted, the network behind it is not.
    assert!(get(&plugin, &format!("get {secure}")).await.starts_with("HttpError::NotAllowed"));
    // Grants that were taken back while it runs.
    test.library
        .install(&crate::plugin::library::Installed {
            file,
            grants: Grants { hosts: Vec::new(), kv: false, ..all },
        })
        .unwrap();
    test.host.reload().await;
    let plugin = test.plugin("wicked");
    assert!(get(&plugin, "get https://granted.example/").await.starts_with("HttpError::NotAllowed"));
    assert!(get(&plugin, "recall").await.contains("not granted"));
    test.remove().await;
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused() {
    let test = TestHost::wicked().await;
    let url = server(Some(vec![b'x'; 3 << 20]));
    assert_eq!(get(&test.plugin("wicked"), &format!("get {url}")).await, "HttpError::TooLarge");
    test.remove().await;
}

fn message(text: String, file: &str) -> OutboundRequest {
    let file = File {
        id: file.to_owned(),
        kind: AttachmentKind::Document,
        media_type: "text/plain".to_owned(),
        file_name: "a.txt".to_owned(),
        size_bytes: 5,
        duration_ms: None,
        url: None,
    };
    OutboundRequest::Message(OutboundMessage {
        id: "m1".to_owned(),
        to: Destination::Thread("t1".to_owned()),
        sender: Sender { kind: SenderKind::Agent, name: None },
        content: OutboundContent::Written(TextAndFiles {
            text,
            format: TextFormat::Plain,
            subject: None,
            files: vec![file],
        }),
        reply_to: None,
        last_inbound_at: None,
    })
}

#[tokio::test]
async fn a_file_is_sent_that_the_plugin_never_sees() {
    let test = TestHost::wicked().await;
    let path = test.store.folder.join("letter");
    std::fs::write(&path, "carta").unwrap();
    let (plugin, placement, url) = (test.plugin("wicked"), placement(1, "inbox:1"), server(None));
    let files = HashMap::from([("f1".to_owned(), path)]);
    let sent = plugin.send(&placement, message(url.clone(), "f1"), files.clone()).await.unwrap().unwrap();
    assert_eq!(sent.ids, ["carta"]);
    let refused = plugin.send(&placement, message(url, "f2"), files).await.unwrap().unwrap_err();
    assert!(matches!(refused, SendError::Invalid(_)), "{refused:?}");
    test.remove().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_took_nothing() {
    let test = TestHost::wicked().await;
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let plugin = test.plugin("wicked");
    let files = HashMap::from([("f1".to_owned(), test.store.folder.join("ramal.db"))]);
    let outcome = plugin.send(&placement(1, "inbox:1"), message(closed, "f1"), files).await.unwrap();
    assert!(matches!(outcome, Err(SendError::Temporary(_))), "{outcome:?}");
    test.remove().await;
}
