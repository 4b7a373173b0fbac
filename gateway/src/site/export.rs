//! Writes the site as a file that `apply` takes back. Passwords are not in it.

use super::KEPT;
use super::describe::{self, Fields};
use crate::model::{Directory, TrunkId};

/// The whole site as TOML.
pub fn export(directory: &Directory) -> String {
    let mut text = format!("# Passwords are not written here: \"{KEPT}\" leaves them as they are.\n");
    let trunk_name = |id: TrunkId| directory.trunk(id).map(|trunk| trunk.name.as_str());
    for organization in directory.organizations() {
        table(&mut text, "organization", &describe::organization(organization));
        for extension in directory.extensions(organization.id) {
            table(&mut text, "organization.extension", &describe::extension(extension));
        }
        for trunk in directory.trunks(organization.id) {
            table(&mut text, "organization.trunk", &describe::trunk(trunk));
        }
        for rule in directory.rules(organization.id) {
            table(&mut text, "organization.rule", &describe::rule(&rule.kind, trunk_name));
        }
    }
    text
}

fn table(text: &mut String, name: &str, fields: &Fields) {
    text.push_str(&format!("\n[[{name}]]\n"));
    for (key, value) in fields {
        text.push_str(&format!("{key} = {value}\n"));
    }
}
