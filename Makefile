PYTHON ?= python3
.PHONY: demo test demo-reset
demo test demo-reset:
	@$(PYTHON) dev.py $@ $(ARGS)
