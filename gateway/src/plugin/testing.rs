//! What tests of the host need: real plugins, built from this repository, and a host of their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::OrganizationId;
use crate::plugin::build::build;
use crate::plugin::capability::Powers;
use crate::plugin::library::{Installed, Library};
use crate::plugin::wit::inbound::WebhookRequest;
use crate::plugin::{Grants, Host, HostOptions, Placement, Plugin, PluginFile};
use crate::store::testing::TestStore;

/// Builds a plugin of this repository; quick when it is built already. Needs the WebAssembly target (scripts/wasm-toolchain).
pub fn built(folder: &str) -> PluginFile {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // target/debug/deps/ramal-…: beside what scripts/plugins builds, so that nothing is built twice.
    let program = std::env::current_exe().unwrap();
    let target = program.ancestors().nth(3).unwrap().join("wasm");
    build(&root.join(folder), Some(&target)).unwrap()
}

/// A host in folders of its own, with what is installed there.
pub struct TestHost {
    pub host: Host,
    pub library: Library,
    pub store: TestStore,
}

impl TestHost {
    /// With these plugins, each granted so.
    pub async fn with(plugins: Vec<(PluginFile, Grants)>) -> Self {
        let store = TestStore::new().await;
        let options = HostOptions { shipped: None, ..HostOptions::in_data_dir(&store.folder) };
        let library = Library::new(options.folder.clone());
        for (file, grants) in plugins {
            library.install(&Installed { file, grants }).unwrap();
        }
        let powers = Powers { store: store.store.clone(), chat: None, lines: None };
        let host = Host::start(options, powers).await.unwrap();
        Self { host, library, store }
    }

    /// With the plugin of misdeeds, granted all it asks and this machine.
    pub async fn wicked() -> Self {
        let file = built("gateway/testdata/wicked");
        let grants = local(&file);
        Self::with(vec![(file, grants)]).await
    }

    pub fn plugin(&self, name: &str) -> Arc<Plugin> {
        self.host.plugin(name).unwrap()
    }

    pub fn cache(&self) -> PathBuf {
        HostOptions::in_data_dir(&self.store.folder).cache
    }

    pub async fn remove(self) {
        drop(self.host);
        self.store.remove().await;
    }
}

/// All that a plugin asks, and servers in this machine.
pub fn local(file: &PluginFile) -> Grants {
    Grants { private_networks: true, cleartext: true, ..Grants::all_of(&file.manifest) }
}

pub fn placement(organization: i64, owner: &str) -> Arc<Placement> {
    Arc::new(Placement {
        organization: OrganizationId(organization),
        owner: owner.to_owned(),
        inbox: None,
        settings: BTreeMap::new(),
        secrets: BTreeMap::from([("token".to_owned(), format!("secret of {organization}"))]),
    })
}

/// A webhook with this body.
pub fn webhook(body: &str) -> WebhookRequest {
    WebhookRequest {
        method: "POST".to_owned(),
        url: "https://ramal.example/in/1".to_owned(),
        path: String::new(),
        address: "192.0.2.1".to_owned(),
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
    }
}
