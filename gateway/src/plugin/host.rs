//! The plugins of a node: loaded, replaced and taken out while it runs.

mod call;
mod few;
mod plugin;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;

use crate::plugin::capability::Powers;
use crate::plugin::engine::PluginEngine;
use crate::plugin::library::{Installed, Library, LibraryError, Stamp};
use crate::plugin::manifest::{Manifest, World};
use crate::plugin::plugin_file::PluginFile;

pub use call::FetchError;
pub use plugin::{LastFault, Plugin};

/// How often the folder is looked at.
const FOLDER_POLL: Duration = Duration::from_secs(2);
/// Threads on which plugins run.
const THREADS: usize = 2;
/// Their place behind signalling and media (`nice`).
const NICENESS: i32 = 10;

/// Below the folder of what ships: its machine code.
const CODE_FOLDER: &str = "code";

/// Where a node keeps plugins.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// `NAME.wasm` and `NAME.toml`.
    pub folder: PathBuf,
    /// Plugins that came with the program.
    pub shipped: Option<PathBuf>,
    /// Machine code; the node's alone.
    pub cache: PathBuf,
}

impl HostOptions {
    /// Both folders below the node's; what ships lies in `plugins` beside the program.
    pub fn in_data_dir(data_dir: &std::path::Path) -> Self {
        let program = std::env::current_exe().ok();
        Self {
            folder: data_dir.join("plugins"),
            shipped: program.and_then(|path| Some(path.parent()?.join("plugins"))),
            cache: data_dir.join("plugin-cache"),
        }
    }

    /// Machine code of what ships, made for this machine when the program was built.
    fn shipped_code(&self) -> Option<PathBuf> {
        self.shipped.as_ref().map(|folder| folder.join(CODE_FOLDER))
    }

    /// The plugins that these folders hold.
    pub fn library(&self) -> Library {
        Library::new(self.folder.clone()).with_shipped(self.shipped.clone())
    }
}

/// Why no plugin can run on this node.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("threads for plugins: {0}")]
    Threads(#[from] std::io::Error),
    #[error("the engine for plugins did not start: {0}")]
    Engine(String),
}

/// Why what lies in the folder is not in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// What ails the file, where there is a word for it.
    pub code: Option<&'static str>,
    pub reason: String,
}

impl From<LibraryError> for Broken {
    fn from(error: LibraryError) -> Self {
        let code = match &error {
            LibraryError::File { error, .. } => error.code(),
            _ => None,
        };
        Self { code, reason: error.to_string() }
    }
}

/// What an administrator sees of a plugin.
#[derive(Clone, Debug)]
pub struct PluginStatus {
    pub name: String,
    /// Of the version in force; `None` if there is none.
    pub manifest: Option<Manifest>,
    pub broken: Option<Broken>,
    pub last_fault: Option<LastFault>,
    /// Faults since it was loaded.
    pub faults: u64,
}

/// The plugins of a node. Cheap to clone.
#[derive(Clone)]
pub struct Host(Arc<Shared>);

struct Shared {
    library: Library,
    engine: PluginEngine,
    powers: Arc<Powers>,
    shelf: RwLock<BTreeMap<String, Place>>,
    /// Counts loads: whoever has inboxes looks at them again.
    loads: watch::Sender<u64>,
    /// One look at the folder at a time.
    looking: tokio::sync::Mutex<()>,
    threads: Threads,
}

/// A name in the folder, with what was made of it.
struct Place {
    stamp: Stamp,
    plugin: Option<Arc<Plugin>>,
    broken: Option<Broken>,
}

/// The executor of plugins. Ends without waiting for them.
struct Threads(Mutex<Option<tokio::runtime::Runtime>>, tokio::runtime::Handle);

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            runtime.shutdown_background();
        }
    }
}

impl Host {
    /// Starts the host and loads what lies in the folder; it is looked at again every two seconds.
    ///
    /// # Errors
    /// If the system gives no threads or no memory. A plugin that is broken is logged and no error.
    pub async fn start(options: HostOptions, powers: Powers) -> Result<Self, HostError> {
        let threads = start_threads()?;
        let engine = PluginEngine::start(options.cache.clone(), options.shipped_code())
            .map_err(|error| HostError::Engine(format!("{error:#}")))?;
        let host = Self(Arc::new(Shared {
            library: options.library(),
            engine,
            powers: Arc::new(powers),
            shelf: RwLock::default(),
            loads: watch::Sender::default(),
            looking: tokio::sync::Mutex::default(),
            threads,
        }));
        host.reload().await;
        let weak = Arc::downgrade(&host.0);
        host.0.threads.1.spawn(async move {
            let mut tick = tokio::time::interval(FOLDER_POLL);
            loop {
                tick.tick().await;
                match weak.upgrade() {
                    Some(shared) => Self(shared).reload().await,
                    None => return,
                }
            }
        });
        Ok(host)
    }

    /// Where plugins are put in and taken out.
    pub fn library(&self) -> &Library {
        &self.0.library
    }

    /// Whether a plugin could be put in: it is compiled, off the threads that serve, and what its world needs is looked for.
    ///
    /// # Errors
    /// Why it cannot be loaded.
    pub async fn fits(&self, file: PluginFile) -> Result<(), String> {
        let engine = self.0.engine.clone();
        let look = move || engine.prepare(&file).map(drop).map_err(|error| format!("{error:#}"));
        match self.0.threads.1.spawn_blocking(look).await {
            Ok(fits) => fits,
            Err(error) => Err(error.to_string()),
        }
    }

    /// The plugin of that name, in the version that is in force now.
    pub fn plugin(&self, name: &str) -> Option<Arc<Plugin>> {
        self.shelf().get(name)?.plugin.clone()
    }

    /// Whether any plugin is in force by which customers write.
    pub fn has_channel(&self) -> bool {
        let is_channel = |status: &PluginStatus| {
            status.manifest.as_ref().is_some_and(|manifest| manifest.world == World::Channel)
        };
        self.plugins().iter().any(is_channel)
    }

    /// The same, where the folder may hold it since a moment: it is looked at before the answer is no.
    pub async fn plugin_now(&self, name: &str) -> Option<Arc<Plugin>> {
        if self.plugin(name).is_none() {
            self.reload().await;
        }
        self.plugin(name)
    }

    /// Changes whenever a plugin was loaded, in another version or with other grants.
    pub fn loads(&self) -> watch::Receiver<u64> {
        self.0.loads.subscribe()
    }

    /// All plugins, in order of their names.
    pub fn plugins(&self) -> Vec<PluginStatus> {
        let status = |(name, place): (&String, &Place)| PluginStatus {
            name: name.clone(),
            manifest: place.plugin.as_ref().map(|plugin| plugin.manifest().clone()),
            broken: place.broken.clone(),
            last_fault: place.plugin.as_ref().and_then(|plugin| plugin.last_fault()),
            faults: place.plugin.as_ref().map_or(0, |plugin| plugin.faults()),
        };
        self.shelf().iter().map(status).collect()
    }

    /// Looks at the folder now. What is new or changed is loaded, what is gone is taken out; running calls end as they
    /// began. A new version that cannot be loaded leaves the old one in force.
    pub async fn reload(&self) {
        let _one = self.0.looking.lock().await;
        let names = match self.0.library.names() {
            Ok(names) => names,
            Err(error) => {
                tracing::warn!(%error, "the folder of plugins cannot be read");
                return;
            }
        };
        let gone: Vec<String> = {
            let shelf = self.shelf();
            shelf.keys().filter(|name| !names.iter().any(|(found, _)| found == *name)).cloned().collect()
        };
        let changed: Vec<(String, Stamp)> = {
            let shelf = self.shelf();
            let known =
                |name: &str, stamp: &Stamp| shelf.get(name).is_some_and(|place| place.stamp == *stamp);
            names.into_iter().filter(|(name, stamp)| !known(name, stamp)).collect()
        };
        for name in &gone {
            self.0.shelf.write().unwrap_or_else(PoisonError::into_inner).remove(name);
            tracing::info!(plugin = %name, "plugin taken out");
        }
        let any = !gone.is_empty() || !changed.is_empty();
        for (name, stamp) in changed {
            self.load(name, stamp).await;
        }
        if any {
            let plugins: Vec<Arc<Plugin>> =
                self.shelf().values().filter_map(|place| place.plugin.clone()).collect();
            self.0.engine.prune(plugins.iter().map(|plugin| plugin.file()));
            self.0.loads.send_modify(|loads| *loads += 1);
        }
    }

    async fn load(&self, name: String, stamp: Stamp) {
        let (library, engine, read) = (self.0.library.clone(), self.0.engine.clone(), name.clone());
        let uncoded = |reason: String| Broken { code: None, reason };
        let prepare = move || -> Result<_, Broken> {
            let installed = library.read(&read)?;
            let prepared = engine.prepare(&installed.file).map_err(|error| uncoded(format!("{error:#}")))?;
            Ok((installed, prepared))
        };
        // Compiling takes seconds and stays off the threads that serve.
        let made = match self.0.threads.1.spawn_blocking(prepare).await {
            Ok(made) => made,
            Err(error) => Err(uncoded(error.to_string())),
        };
        let mut shelf = self.0.shelf.write().unwrap_or_else(PoisonError::into_inner);
        let before = shelf.remove(&name).and_then(|place| place.plugin);
        let place = match made {
            Ok((installed, prepared)) => {
                let Installed { file, .. } = &installed;
                tracing::info!(plugin = %name, version = %file.manifest.version, "plugin loaded");
                let plugin = Plugin::new(&self.0, installed, prepared);
                Place { stamp, plugin: Some(Arc::new(plugin)), broken: None }
            }
            Err(broken) => {
                let reason = &broken.reason;
                tracing::warn!(plugin = %name, reason, in_force = before.is_some(), "the plugin cannot be loaded");
                Place { stamp, plugin: before, broken: Some(broken) }
            }
        };
        shelf.insert(name, place);
    }

    fn shelf(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, Place>> {
        self.0.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn start_threads() -> std::io::Result<Threads> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .max_blocking_threads(THREADS)
        .thread_name("plugin")
        .on_thread_start(|| {
            // SAFETY: changes the priority of the calling thread alone (Linux, setpriority(2)); a failure changes nothing.
            unsafe {
                libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS);
            }
        })
        .enable_all()
        .build()?;
    let handle = runtime.handle().clone();
    Ok(Threads(Mutex::new(Some(runtime)), handle))
}
