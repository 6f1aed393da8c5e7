# Every way to set up, run, test and measure taizhang. `make` alone lists them.
# The work itself is in .ci/environment, which says in plain Chinese what is missing when it cannot go on.

PORT ?= 8050
DATA ?= data
PYTEST ?=
BIN := .venv/bin
ENVIRONMENT := bash .ci/environment

.DEFAULT_GOAL := help
.PHONY: help setup setup-postgresql demo test test-all test-postgresql check bench accuracy docs lock clean

help: ## 列出可用的命令
	@echo '用法：make 命令'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F '|' '{ printf "%-16s%s\n", $$1, $$2 }'

setup: ## 只建立运行环境（.venv，按 requirements.lock 安装，可重复执行）
	@$(ENVIRONMENT) run

setup-postgresql: ## 另装 PostgreSQL 驱动（账号与审计放在 PostgreSQL 时才需要）
	@$(ENVIRONMENT) postgresql

demo: ## 建环境、生成并导入演示台账、在本机 8050 端口打开仪表盘（换端口：make demo PORT=8051）
	@$(ENVIRONMENT) demo '$(DATA)' '$(PORT)'

test: ## 准备测试所需的一切（含浏览器和中文字体）并运行测试
	@$(ENVIRONMENT) dev
	@$(ENVIRONMENT) browser
	@$(ENVIRONMENT) duckdb2
	@$(ENVIRONMENT) tests 'not slow' $(PYTEST)

test-all: ## 与 test 相同，另加标记为 slow 的测试，并为性质测试另抽新的例子
	@$(ENVIRONMENT) dev
	@$(ENVIRONMENT) browser
	@$(ENVIRONMENT) duckdb2
	@TAIZHANG_TEST_EXAMPLES=new-examples $(ENVIRONMENT) tests 'slow or not slow' $(PYTEST)

test-postgresql: ## 临时起一个 PostgreSQL，在它上面再跑一遍账号、审计、上传台的测试
	@$(ENVIRONMENT) dev
	@$(ENVIRONMENT) test-postgresql $(PYTEST)

check: ## 代码规范、类型、依赖和快速测试
	@$(ENVIRONMENT) dev
	@$(BIN)/python .ci/dependencies.py
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -m 'not slow and not browser' tests/unit

bench: ## 测量导入、内存、总览页和首屏，打印表格并更新 README（只测一项：make bench ONLY=ingest；到百万行：ONLY=large）
	@$(ENVIRONMENT) dev
	@$(ENVIRONMENT) browser
	@$(BIN)/python -m bench $(ONLY)

accuracy: ## 准确性试验：生成五百多份工作簿，逐格核对读出的内容，写入 docs/accuracy.md
	@$(ENVIRONMENT) dev
	@$(BIN)/python -m bench accuracy

docs: ## 由命令的帮助文字重新生成 docs/cli.md
	@$(ENVIRONMENT) dev
	@$(BIN)/python -m analytics.console.reference docs/cli.md

lock: ## 依 pyproject.toml 重新生成各锁文件（需要网络）
	@$(ENVIRONMENT) lock

clean: ## 删除环境和缓存（不动 data/ 里的台账）
	@$(ENVIRONMENT) clean
