# SPDX-License-Identifier: Apache-2.0
# The verbs. `make demo` and `make check` need nothing but a fresh Debian 12 and root.
BUILD ?= build
JOBS ?= $(shell nproc)

PREFIX ?= /usr/local

.PHONY: help setup build install demo check test lab bench fmt tidy fuzz docs kernel-check clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## setup   install the Debian packages that are missing (root); starts none of their services
setup:
	@scripts/setup.sh

## build   the program, optimised: build/release/alibi
build: setup
	@cmake --preset release --log-level=WARNING
	@cmake --build --preset release -j $(JOBS) --target alibi

## install program, manual page and systemd unit (not enabled) below PREFIX (/usr/local), DESTDIR
install: build
	install -D -m 755 $(BUILD)/release/alibi $(DESTDIR)$(PREFIX)/sbin/alibi
	install -D -m 644 docs/man/alibi-keepalived.conf.5 \
	  $(DESTDIR)$(PREFIX)/share/man/man5/alibi-keepalived.conf.5
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@BINDIR@|$(PREFIX)/sbin|' packaging/alibi.service \
	  > $(DESTDIR)$(PREFIX)/lib/systemd/system/alibi.service

## demo    the story, replayed with the real programs and solved (under 90 s after the build)
demo: build
	@scripts/demo.sh $(BUILD)/release/alibi

## check   everything CI runs: sanitized build, all tests, the lab, what must not be left behind
check: build
	@scripts/check.sh

## test    the fast tests alone, sanitized
test: setup
	@cmake --preset dev --log-level=WARNING
	@cmake --build --preset dev -j $(JOBS)
	@ctest --test-dir $(BUILD)/dev -L fast --output-on-failure -j $(JOBS)

## lab     the accuracy bench: every scenario 5 times, the confusion matrix
lab: build
	@$(BUILD)/release/alibi lab run all --times 5

## bench   micro benchmarks and side-by-side scripts; prints one JSON line a run
bench: build
	@scripts/setup.sh bench
	@bench/run.sh $(BUILD)/release/alibi

## fmt     format the sources
fmt:
	@git ls-files '*.cc' '*.h' | xargs clang-format-14 -i

## tidy    arrows, sizes and bans
tidy:
	@python3 tools/tidy.py

## fuzz    every fuzzer for FUZZ_SECONDS (default 60) each
fuzz: setup
	@scripts/fuzz.sh $${FUZZ_SECONDS:-60}

## kernel-check  alibi on Debian's 6.1 kernel in QEMU without KVM: probes, what is lacking, pauses and
##               stolen CPUs, TIMES of each (default 3, seed SEED)
kernel-check: build
	@scripts/setup.sh kernel
	@cmake --build --preset release -j $(JOBS) --target bpf_test fence_test recorder_test \
	  steal_agent
	@scripts/kernel-check.sh $(BUILD)/release $${TIMES:+--times $$TIMES} $${SEED:+--seed $$SEED}

## docs    regenerate what is generated: docs/causes.md, docs/doctor.md, docs/man
docs: build
	@$(BUILD)/release/alibi explain --causes > docs/causes.md
	@$(BUILD)/release/alibi doctor --findings > docs/doctor.md
	@$(BUILD)/release/alibi check --man > docs/man/alibi-keepalived.conf.5

clean:
	@rm -rf $(BUILD)
