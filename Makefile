# make run (PROFILE=release: as fast as it gets) · make test · make check · make demo (ONLY=sound: two phones) · make bench (ONLY=relay for a part) · make build · make console
export CARGO_TERM_COLOR ?= auto
CONFIG ?= config/ramal.toml
SITE ?= config/site.toml
# trial: built sooner; release: what serves.
PROFILE ?= trial

# What the browser gets goes into the binary: it is built first.
.PHONY: build console there run test check demo bench clean

build: console
	cargo build --release -p ramal
	@scripts/plugins release

console:
	@scripts/install build
	@scripts/console

there: console
	cargo build --profile $(PROFILE) -p ramal
	@scripts/plugins $(PROFILE)

run: there
	@scripts/run $(PROFILE) $(CONFIG) $(SITE)

test:
	@scripts/test

check:
	@scripts/install build
	@scripts/check

demo: there
	@scripts/install test
	cargo run --profile $(PROFILE) -q -p ramal-tests --bin demo -- $(ONLY)

bench:
	@scripts/install build bench
	@scripts/bench $(ONLY)

clean:
	cargo clean
