//! The one engine of a node: its threads, its clock, and the machine code of its plugins.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};

use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use crate::plugin::guest::Guest;
use crate::plugin::limits::{MAX_INSTANCES, MAX_MEMORY_MIB, MAX_TABLE_ELEMENTS, TICK};
use crate::plugin::manifest::World;
use crate::plugin::plugin_file::PluginFile;
use crate::plugin::wit::{channel as channel_world, rule as rule_world};

/// Core modules, memories and tables of one component; a TypeScript component has five modules.
const MODULES_PER_COMPONENT: u32 = 8;
const TABLES_PER_COMPONENT: u32 = 8;
/// Bytes of host bookkeeping for one instance.
const MAX_INSTANCE_BYTES: usize = 4 << 20;

/// Compiles plugins and makes their instances. Its clock stops when it is dropped.
#[derive(Clone)]
pub struct PluginEngine {
    engine: Engine,
    cache: PathBuf,
    /// Machine code that came with the program; never written.
    shipped: Option<PathBuf>,
    worlds: Arc<Worlds>,
    _clock: Arc<Sender<()>>,
}

/// A compiled plugin, of which an instance is made in microseconds.
#[derive(Clone)]
pub enum Prepared {
    Channel(channel_world::ChannelPre<Guest>),
    Rule(rule_world::RulePre<Guest>),
}

impl PluginEngine {
    /// Starts the engine; machine code is kept in `cache`, which must be the node's alone. `shipped` holds what was compiled
    /// beforehand, and belongs to whoever owns the program.
    ///
    /// # Errors
    /// If the system gives no memory or no thread.
    pub fn start(cache: PathBuf, shipped: Option<PathBuf>) -> Result<Self, wasmtime::Error> {
        let engine = Engine::new(&config())?;
        let worlds = Arc::new(Worlds::of(&engine)?);
        let clock = start_clock(&engine)?;
        Ok(Self { engine, cache, shipped, worlds, _clock: Arc::new(clock) })
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Compiles a plugin, or takes what was compiled before. Slow: seconds for a large one.
    ///
    /// # Errors
    /// If it is not sound, or wants or lacks what its world has not.
    pub fn prepare(&self, file: &PluginFile) -> Result<Prepared, wasmtime::Error> {
        self.worlds.prepared(file.manifest.world, &self.compiled(file)?)
    }

    fn compiled(&self, file: &PluginFile) -> Result<Component, wasmtime::Error> {
        let path = self.cache_path(file);
        let shipped = self.shipped.as_ref().map(|folder| folder.join(code_name(file)));
        for known in shipped.iter().chain([&path]).filter(|known| known.exists()) {
            // SAFETY: the file was written by this product: the folder belongs to the node and is closed to others, or to
            // whoever owns the program; the name is bound to the plugin's bytes, and wasmtime refuses what another version,
            // configuration or machine made.
            match unsafe { Component::deserialize_file(&self.engine, known) } {
                Ok(component) => return Ok(component),
                Err(error) => {
                    tracing::debug!(%error, "machine code of another version: the plugin is compiled again")
                }
            }
        }
        let component = Component::from_binary(&self.engine, &file.bytes)?;
        if let Err(error) = keep(&path, &component.serialize()?) {
            tracing::warn!(%error, path = %path.display(), "machine code of a plugin could not be kept: the next start is slower");
        }
        Ok(component)
    }

    fn cache_path(&self, file: &PluginFile) -> PathBuf {
        self.cache.join(code_name(file))
    }

    /// Deletes machine code that none of these files needs.
    pub fn prune<'a>(&self, files: impl Iterator<Item = &'a PluginFile>) {
        let needed: Vec<PathBuf> = files.map(|file| self.cache_path(file)).collect();
        let Ok(entries) = std::fs::read_dir(&self.cache) else { return };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if !needed.contains(&path) {
                // What cannot be deleted now is tried again at the next change.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

/// Whether a node can load a plugin: the same look as [`PluginEngine::prepare`] takes, where no node runs and nothing is kept.
///
/// # Errors
/// Why it cannot.
pub fn check(file: &PluginFile) -> Result<(), wasmtime::Error> {
    let mut quick = config();
    quick.cranelift_opt_level(OptLevel::None);
    let engine = Engine::new(&quick)?;
    let component = Component::from_binary(&engine, &file.bytes)?;
    Worlds::of(&engine)?.prepared(file.manifest.world, &component).map(drop)
}

/// What the host gives to the plugins of each world.
struct Worlds {
    channels: Linker<Guest>,
    rules: Linker<Guest>,
}

impl Worlds {
    fn of(engine: &Engine) -> Result<Self, wasmtime::Error> {
        let mut channels = Linker::new(engine);
        channel_world::Channel::add_to_linker::<_, HasSelf<Guest>>(&mut channels, |guest| guest)?;
        let mut rules = Linker::new(engine);
        rule_world::Rule::add_to_linker::<_, HasSelf<Guest>>(&mut rules, |guest| guest)?;
        Ok(Self { channels, rules })
    }

    fn prepared(&self, world: World, component: &Component) -> Result<Prepared, wasmtime::Error> {
        Ok(match world {
            World::Channel => {
                Prepared::Channel(channel_world::ChannelPre::new(self.channels.instantiate_pre(component)?)?)
            }
            World::Rule => Prepared::Rule(rule_world::RulePre::new(self.rules.instantiate_pre(component)?)?),
        })
    }
}

fn code_name(file: &PluginFile) -> String {
    format!("{}.cwasm", file.digest())
}

fn config() -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(MAX_INSTANCES)
        .total_core_instances(MAX_INSTANCES * MODULES_PER_COMPONENT)
        .total_memories(MAX_INSTANCES)
        .total_tables(MAX_INSTANCES * TABLES_PER_COMPONENT)
        .total_stacks(MAX_INSTANCES)
        .max_core_instances_per_component(MODULES_PER_COMPONENT)
        .max_tables_per_component(TABLES_PER_COMPONENT)
        .max_memories_per_component(1)
        .max_component_instance_size(MAX_INSTANCE_BYTES)
        .max_core_instance_size(MAX_INSTANCE_BYTES)
        .max_memory_size((MAX_MEMORY_MIB as usize) << 20)
        .table_elements(MAX_TABLE_ELEMENTS);
    let mut config = Config::new();
    config.epoch_interruption(true).allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// Counts the ticks by which running plugins are measured. A thread, for no task may be late because of a plugin.
fn start_clock(engine: &Engine) -> std::io::Result<Sender<()>> {
    let (stop, stopped) = channel();
    let engine = engine.weak();
    std::thread::Builder::new().name("plugin-clock".to_owned()).spawn(move || {
        while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => return,
            }
        }
    })?;
    Ok(stop)
}

fn keep(path: &Path, code: &[u8]) -> std::io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    std::fs::create_dir_all(folder)?;
    let new = path.with_extension(format!("new.{}", std::process::id()));
    std::fs::write(&new, code)?;
    std::fs::rename(&new, path)
}
