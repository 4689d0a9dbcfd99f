PYTHON ?= python3
.PHONY: demo test prove demo-reset
demo test prove demo-reset:
	@$(PYTHON) dev.py $@ $(ARGS)
