# The commands of the book. `make` alone lists them.
SHELL := /bin/sh
PY := .venv/bin/python
RUN := $(PY) tools
.DEFAULT_GOAL := help
# No setting of the person's own reaches into the book: other imports, warnings as errors, another back end for Keras or
# Matplotlib, options for pytest. (PYTHON=/path chooses the Python.) Compiled modules are kept: from the second time on
# TensorFlow is imported in a third of the time.
LEAKS := PYTHON% PYTEST_% KERAS_% TF_% MPL% MATPLOTLIBRC JUPYTER% IPYTHON% VIRTUAL_ENV% CONDA_%
unexport $(filter-out PYTHON PYTHONUNBUFFERED,$(filter $(LEAKS),$(.VARIABLES)))
export KERAS_HOME := $(CURDIR)/.cache/keras
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib
export JUPYTER_PREFER_ENV_PATH := 1
# a home that cannot be written, as in some containers: one in .cache takes its place
ifneq ($(shell test -w "$$HOME" && mkdir -p "$${XDG_CACHE_HOME:-$$HOME/.cache}" && \
	test -w "$${XDG_CACHE_HOME:-$$HOME/.cache}" && echo yes),yes)
export HOME := $(CURDIR)/.cache/home
unexport $(filter XDG_%,$(.VARIABLES))
$(shell mkdir -p "$(CURDIR)/.cache/home")
endif
# glibc keeps arrays of up to 32 MiB from one training step for the next: fresh pages from the system take a third of
# the time, and TensorFlow has it give them back after each (it sets M_TRIM_THRESHOLD)
export MALLOC_MMAP_THRESHOLD_ ?= 33554432
export MALLOC_TOP_PAD_ ?= 536870912
.PHONY: help env models book pages chapter test colab notebooks experiments llm-table explore lab lint bench lock clean

help: ## list the commands
	@echo "Usage: make COMMAND"; echo
	@sed -n 's/^\([a-z-]*\):[^#]*## *\(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'
	@echo; echo "The first command makes the environment .venv (Python 3.11 to 3.13; once, 1 to 4 minutes)."

env: ## make or refresh the environment .venv
	@python=$$(MAKECMDGOALS="$(MAKECMDGOALS)" sh tools/python.sh) && "$$python" tools/setup_env.py

models: env ## install the weights of language models that chapters read (176 MB, once)
	@$(RUN)/get_models.py

pages: env
	@$(RUN)/front_lists.py
	@$(RUN)/surprise.py
	@$(RUN)/claims_page.py
	@$(RUN)/formula_index.py
	@$(RUN)/map_page.py

book: env pages ## build the site and say where it lies
	@$(RUN)/build_book.py

test: env models ## prove everything (15 to 25 minutes on two cores); one chapter: NB=notebooks/deep/full_build.ipynb
	@$(RUN)/test_all.py $(STEPS) $(if $(NB),--notebook $(NB))

colab: env ## rehearse all notebooks whole in Colab's versions; one: NB=notebooks/deep/full_build.ipynb
	@$(RUN)/colab_rehearsal.py --whole $(NB)

chapter: env ## start a chapter, a skeleton that runs: NAME=part/name
	@$(RUN)/chapter.py '$(NAME)' $(if $(PART),--part '$(PART)')
	@$(RUN)/notebooks.py 'notebooks/$(NAME).ipynb'
	@$(MAKE) --no-print-directory pages

notebooks: env ## execute all notebooks and write their outputs; one: NB=notebooks/deep/full_build.ipynb
	@$(RUN)/notebooks.py $(NB)
	@$(RUN)/claims_page.py

experiments: env ## the long runs behind the chapters (hours); one: CHAPTER=losses
	@$(RUN)/experiments.py $(CHAPTER)

llm-table: env ## the lists of An LLM as recommender by a model behind your own address, never needed; few: PEOPLE=10
	@$(RUN)/llm_table.py $(if $(PEOPLE),--people '$(PEOPLE)') $(if $(DATA),--data '$(DATA)')

explore: env ## data and still figures of the explorable pages (builds the site)
	@$(RUN)/explore.py
	@$(RUN)/explore_stills.py

lab: env ## open the notebooks in JupyterLab
	@$(PY) -m jupyter lab --notebook-dir=notebooks

lint: env ## check style (ruff) and spelling (codespell) of code, notebooks and pages
	@status=0; $(PY) -m ruff check . || status=1; \
	$(PY) -m codespell_lib README.md CONTRIBUTING.md LICENSE book notebooks recsys_lib tests tools \
		&& echo "Spelling: nothing found." || status=1; exit $$status

bench: env models ## measure the speed of the library and of the explorable pages on this machine
	@$(RUN)/bench.py
	@echo; $(RUN)/bench_pages.py

lock: env ## resolve requirements.txt anew into requirements.lock
	@$(PY) -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--upgrade --quiet requirements.txt -o requirements.lock && echo "requirements.lock written."

clean: ## remove what was built (the environment .venv stays; remove it with rm -r .venv)
	@rm -rf _build build dist .cache .pytest_cache .ruff_cache .hypothesis recsys_lib.egg-info
	@find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} + -o -name .ipynb_checkpoints -type d -prune -exec rm -rf {} +
