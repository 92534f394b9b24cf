# Two commands do it all on a fresh machine: make demo, make test.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
FULL_SIZE := tests/training/test_full_size.py
CAPSULES := $(FULL_SIZE)::test_heavy_net_learns_200_images_by_heart[capsnet
CLUSTER := tests/engines/test_ray.py

.PHONY: demo test test-full-size test-cluster lint bench results clean

demo: $(VENV)/.installed-train
	$(BIN)/ensemble-lab demo

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n auto --dist loadfile --deselect '$(CAPSULES)' \
		--ignore $(CLUSTER)

# With the two capsule nets, which take five minutes each where a core has no AVX-512.
test-full-size: $(VENV)/.installed-dev
	$(BIN)/python -m pytest $(FULL_SIZE)

# A Ray cluster of three machines, played on this one: alone, as it looks for its workers among all
# processes and two cores are few for it.
test-cluster: $(VENV)/.installed-dev
	$(BIN)/python -m pytest $(CLUSTER)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/run.py

results: $(VENV)/.installed-train
	$(BIN)/ensemble-lab summarise experiments -o experiments/RESULTS.md --figure experiments/frontier.png

# The stamps make an install happen once, and again when what it installs changes.
$(VENV)/.installed-train: setup.cfg pyproject.toml | $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[train]'
	touch $@

$(VENV)/.installed-dev: setup.cfg pyproject.toml | $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[train,jax,dev]'
	touch $@

$(VENV):
	$(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) build *.egg-info
