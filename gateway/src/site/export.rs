//! Writes the site as a file that `apply` takes back.

use super::KEPT;
use super::describe::{self, Fields, text as quoted};
use crate::model::{Directory, Ha1Pair, OutboundSecret, Trunk, TrunkId};

/// What is written in the place of passwords and PINs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// `(kept)`: good for the database that they are in.
    Kept,
    /// What the database holds of them, so that another can be made the same: hashes are as good as passwords where they hold, PINs
    /// are readable, and what the node's key sealed stays sealed.
    Written,
}

/// The whole site as TOML.
pub fn export(directory: &Directory, secrets: Secrets) -> String {
    let mut text = match secrets {
        Secrets::Kept => format!("# Passwords are not written here: \"{KEPT}\" leaves them as they are.\n"),
        Secrets::Written => {
            "# Holds hashes that are as good as passwords, and PINs: keep it as you keep the database.\n"
                .to_owned()
        }
    };
    let written = secrets == Secrets::Written;
    let trunk_name = |id: TrunkId| directory.trunk(id).map(|trunk| trunk.name.as_str());
    for organization in directory.organizations() {
        table(&mut text, "organization", &describe::organization(organization));
        for extension in directory.extensions(organization.id) {
            let mut fields = describe::extension(extension);
            if written {
                let ha1 = hashes(&extension.number, &organization.sip_domain, &extension.ha1);
                replace(&mut fields, "password", "ha1", ha1);
            }
            table(&mut text, "organization.extension", &fields);
        }
        for trunk in directory.trunks(organization.id) {
            let mut fields = describe::trunk(trunk);
            if written {
                write_trunk(&mut fields, trunk, &organization.sip_domain);
            }
            table(&mut text, "organization.trunk", &fields);
        }
        for rule in directory.rules(organization.id) {
            let mut fields = describe::rule(&rule.kind, trunk_name);
            let pin = rule.kind.conference().and_then(|conference| conference.pin.as_ref());
            if let Some(pin) = pin.filter(|_| written) {
                replace(&mut fields, "pin", "pin", quoted(pin));
            }
            table(&mut text, "organization.rule", &fields);
        }
    }
    text
}

fn write_trunk(fields: &mut Fields, trunk: &Trunk, domain: &str) {
    if let Some(digest) = &trunk.digest_in {
        let ha1 = hashes(&digest.username, domain, &digest.ha1);
        let value = format!("{{ username = {}, ha1 = {ha1} }}", quoted(&digest.username));
        replace(fields, "digest_in", "digest_in", value);
    }
    if let Some(credentials) = &trunk.credentials_out {
        let username = quoted(&credentials.username);
        let value = match &credentials.secret {
            OutboundSecret::Ha1 { realm, ha1 } => {
                let ha1 = hashes(&credentials.username, realm, ha1);
                format!("{{ username = {username}, realm = {}, ha1 = {ha1} }}", quoted(realm))
            }
            OutboundSecret::Sealed(sealed) => {
                format!("{{ username = {username}, sealed = {} }}", quoted(&sealed.0))
            }
        };
        replace(fields, "credentials_out", "credentials_out", value);
    }
}

fn hashes(username: &str, realm: &str, pair: &Ha1Pair) -> String {
    let of = quoted(&format!("{username}@{realm}"));
    format!("{{ of = {of}, md5 = {}, sha256 = {} }}", quoted(&pair.md5), quoted(&pair.sha256))
}

fn replace(fields: &mut Fields, key: &str, new_key: &'static str, value: String) {
    if let Some(field) = fields.iter_mut().find(|(known, _)| *known == key) {
        *field = (new_key, value);
    }
}

fn table(text: &mut String, name: &str, fields: &Fields) {
    text.push_str(&format!("\n[[{name}]]\n"));
    for (key, value) in fields {
        text.push_str(&format!("{key} = {value}\n"));
    }
}
