//! SRV records (RFC 2782), which the system's own look-up does not give: where a carrier takes calls, and in which order.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;

/// How long one server may take to answer, and how often it is asked again.
const ANSWER_TIME: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 1;
/// Records of one answer that are taken.
const RECORDS: usize = 32;

/// One place where a service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Srv {
    pub priority: u16,
    pub weight: u16,
    pub port: u16,
    /// Without the dot at its end; empty: the service is decidedly not there (RFC 2782).
    pub target: String,
}

/// The records of a name; none: it has no such record, or there is no such name. `servers`: who is asked; none: those that the system
/// has at this moment, since they change with the network that a machine is in.
///
/// # Errors
/// Nobody answered in a way that can be understood, or it is no name that can be asked for.
pub async fn srv(servers: &[SocketAddr], name: &str) -> Result<Vec<Srv>, NetError> {
    // The dot keeps the system's search domains away.
    match resolver(servers)?.srv_lookup(format!("{name}.")).await {
        Ok(found) => {
            let records = found.answers().iter().filter_map(|record| match &record.data {
                RData::SRV(srv) => Some(Srv {
                    priority: srv.priority,
                    weight: srv.weight,
                    port: srv.port,
                    target: srv.target.to_ascii().trim_end_matches('.').to_owned(),
                }),
                _ => None,
            });
            Ok(records.take(RECORDS).collect())
        }
        Err(none) if none.is_no_records_found() => Ok(Vec::new()),
        Err(fault) => Err(fault),
    }
}

/// Made for each look-up, and without a memory: what it knew would outlast the network that it was asked in.
fn resolver(servers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    let mut builder = match servers {
        [] => TokioResolver::builder_tokio()?,
        servers => {
            let servers = servers.iter().map(|server| {
                let mut ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
                ways.iter_mut().for_each(|way| way.port = server.port());
                NameServerConfig::new(server.ip(), true, ways.to_vec())
            });
            let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    let options = builder.options_mut();
    (options.timeout, options.attempts, options.cache_size) = (ANSWER_TIME, ATTEMPTS, 0);
    builder.build()
}
