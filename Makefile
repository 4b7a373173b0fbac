# make run (PROFILE=release: as fast as it gets) · make test · make check · make demo (ONLY=sound: two phones) · make bench (ONLY=relay for a part) · make build · make console
export CARGO_TERM_COLOR ?= auto
CONFIG ?= config/ramal.toml
SITE ?= config/site.toml
# trial: built sooner; release: what serves.
PROFILE ?= trial

# What the browser gets goes into the binary: it is built first.
.PHONY: build console run test check demo bench clean

build: console
	cargo build --release -p ramal
	@scripts/plugins release

console:
	@scripts/install build
	@scripts/console

run: console
	cargo build --profile $(PROFILE) -p ramal
	@scripts/plugins $(PROFILE)
	@scripts/run $(PROFILE) $(CONFIG) $(SITE)

test:
	@scripts/test

check:
	@scripts/install build
	@scripts/check

demo: build
	@scripts/install test
	cargo run --release -q -p ramal-tests --bin demo -- $(ONLY)

bench:
	@scripts/install build bench
	@scripts/bench $(ONLY)

clean:
	cargo clean
