//! A registration by hand: sipp cannot choose among the challenges of RFC 8760.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use bytes::Bytes;
use ramal_sip::auth::{Answerer, Credentials, Secret};
use ramal_sip::message::{HeaderName, Limits, Message, Method, Response};
use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::error::{BenchError, Outcome, io};

pub const EXTENSION: &str = "1000";
pub const PASSWORD: &str = "bench-of-calls-1000";
pub const REALM: &str = "bench.example";

const WHO: &str = "registration";
const ANSWER_TIME: Duration = Duration::from_secs(2);

/// Registers the extension at this address, which is free again afterwards.
///
/// # Errors
/// The gateway refuses or is silent.
pub fn register(gateway: SocketAddr, local: SocketAddr) -> Outcome<()> {
    let socket = UdpSocket::bind(local).map_err(io(WHO))?;
    socket.set_read_timeout(Some(ANSWER_TIME)).map_err(io(WHO))?;
    socket.connect(gateway).map_err(io(WHO))?;
    let challenged = ask(&socket, &request(local, 1, None))?;
    let uri = format!("sip:{REALM}");
    let challenges: Vec<&[u8]> = challenged.headers.all(&HeaderName::WwwAuthenticate).collect();
    let credentials = Credentials {
        realm: Some(REALM.to_owned()),
        username: EXTENSION.to_owned(),
        secret: Secret::Password(PASSWORD.to_owned()),
    };
    let mut random = SmallRng::seed_from_u64(1);
    let answer = Answerer::new().answer(&challenges, &Method::Register, &uri, &credentials, &mut random);
    let answer = answer.map_err(|error| BenchError::subject(WHO, error.to_string()))?;
    let accepted = ask(&socket, &request(local, 2, Some(&String::from_utf8_lossy(&answer))))?;
    match accepted.status.as_u16() {
        200 => Ok(()),
        status => Err(BenchError::subject(WHO, format!("is answered with {status}"))),
    }
}

fn ask(socket: &UdpSocket, request: &str) -> Outcome<Response> {
    socket.send(request.as_bytes()).map_err(io(WHO))?;
    let mut packet = [0; 8_192];
    loop {
        let length = socket.recv(&mut packet).map_err(io(WHO))?;
        match Message::parse(Bytes::copy_from_slice(&packet[..length]), &Limits::default()) {
            Ok(Message::Response(response)) if response.status.as_u16() >= 200 => return Ok(response),
            Ok(_) => {}
            Err(error) => return Err(BenchError::subject(WHO, error.to_string())),
        }
    }
}

fn request(local: SocketAddr, sequence: u32, authorization: Option<&str>) -> String {
    let authorization = authorization.map(|value| format!("Authorization: {value}\r\n")).unwrap_or_default();
    format!(
        "REGISTER sip:{REALM} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKbench{sequence};rport\r\n\
         From: <sip:{EXTENSION}@{REALM}>;tag=bench\r\nTo: <sip:{EXTENSION}@{REALM}>\r\nCall-ID: bench@{local}\r\n\
         CSeq: {sequence} REGISTER\r\nContact: <sip:{EXTENSION}@{local}>;expires=3600\r\nMax-Forwards: 70\r\n\
         {authorization}Content-Length: 0\r\n\r\n"
    )
}
