//! 20 MB where a few hundred bytes are meant: every endpoint that reads a body refuses it unread.

use ramal_tests::page::http;
use ramal_tests::{Desk, Node, Site};

/// 20 MB, in bytes; a plugin or a sound may have 32 MiB, and is given more.
const LARGE: usize = 20_000_000;
const LARGE_FILE: usize = 40_000_000;
/// What is sent of them in one chunk, in bytes.
const CHUNK: usize = 1 << 20;

#[tokio::test]
async fn twenty_megabytes_are_refused_at_every_endpoint() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let document = ramal_tests::desk::send(node.web, "GET", "/openapi.json", &[], None).await.json();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let Some(kinds) = operation["requestBody"]["content"].as_object() else { continue };
            let kind = kinds.keys().next().expect("a type of body");
            let (path, length) = match path.as_str() {
                "/plugins" => ("/plugins?grant=all", LARGE_FILE),
                "/sound-clips" => ("/sound-clips?title=x", LARGE_FILE),
                path => (path, LARGE),
            };
            let there = path.replace("{number}", "100").replace("{token}", "x").replace(['{', '}'], "");
            for framing in [Framing::Told(length), Framing::Chunks(length)] {
                let status = send(&node, &admin, method, &there, kind, framing).await;
                // Some look first whether the row is there, or whether it is the time for it.
                let fit = matches!(status, 404 | 409 | 413) || (status == 400 && there.contains("/id"));
                assert!(fit, "{method} {there} {framing:?}: {status}");
                asked += 1;
            }
        }
    }
    assert!(asked >= 60, "only {asked} requests");
    assert_eq!(admin.get("/me").await.status, 200);
}

/// How the length of a body is told.
#[derive(Clone, Copy, Debug)]
enum Framing {
    Told(usize),
    Chunks(usize),
}

/// The status of the answer; the body is sent as far as it is taken.
async fn send(node: &Node, admin: &Desk, method: &str, path: &str, kind: &str, framing: Framing) -> u16 {
    let web = node.web;
    let (length, body) = match framing {
        Framing::Told(length) => (format!("Content-Length: {length}"), vec![b'1'; CHUNK]),
        Framing::Chunks(length) => {
            let mut chunk = format!("{CHUNK:x}\r\n").into_bytes();
            chunk.extend(vec![b'1'; CHUNK]);
            chunk.extend(b"\r\n");
            ("Transfer-Encoding: chunked".to_owned(), chunk.repeat(length / CHUNK + 1))
        }
    };
    let head = format!(
        "{} /api/v1{path} HTTP/1.1\r\nHost: {web}\r\nOrigin: http://{web}\r\nCookie: {}\r\nx-csrf-token: {}\r\n\
         Content-Type: {kind}\r\n{length}\r\nConnection: close\r\n\r\n",
        method.to_uppercase(),
        admin.cookie(),
        admin.csrf()
    );
    http::raw(web, head.as_bytes(), &body).await.status
}
