"""The only file that knows Hydra and the package: command line -> typed config -> stage, failure -> exit status."""

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from stance.config import ConfigError, DataError, decode, defaults, reference
from stance.pipeline import PipelineConfig

CONFIGS = Path(__file__).parent.parent / "configs"
GROUPS = sorted(path.name for path in CONFIGS.iterdir() if path.is_dir())
WIRING = ("run", "branch", "seed")
"""Keys that only feed interpolations."""

ConfigStore.instance().store(name="defaults", node=defaults(PipelineConfig))


def main(task: Callable[[PipelineConfig], None], stage: str | None = None) -> None:
    """Run `task` with the configuration that the command line asks for. `stage` is the branch that --help explains."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(_help(task, stage))
        return
    _log_to_stderr()
    started = False

    def guarded(cfg: DictConfig) -> None:
        nonlocal started
        started = True
        try:
            task(_load(cfg))
        except (ConfigError, OmegaConfBaseException) as error:
            _stop(2, error)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except (DataError, FloatingPointError) as error:
            _stop(1, error)
        except OSError as error:
            _stop(1, f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}; nothing was changed")
        except KeyboardInterrupt:
            _stop(130, "interrupted; the same command goes on where this one stopped")

    sys.argv[1:] = _overrides_last([_unchecked(argument) for argument in sys.argv[1:]])
    guarded.__doc__ = task.__doc__
    try:
        hydra.main(version_base="1.3", config_path=str(CONFIGS), config_name="config")(guarded)()
    except SystemExit as stop:
        # Hydra leaves with 1 when it could not even compose the configuration: that is a usage error.
        sys.exit(2 if stop.code == 1 and not started else stop.code)


def _load(cfg: DictConfig) -> PipelineConfig:
    job = HydraConfig.get()
    if job.mode == RunMode.MULTIRUN:
        # What stands on the command line as it is here is the same for all jobs of the sweep.
        swept = [override.lstrip("+") for override in job.overrides.task if override not in sys.argv]
        cfg.branch = "/" + ",".join(swept).replace("/", "_")
    values = {str(key): cfg[key] for key in cfg if key not in WIRING}
    config = decode(
        PipelineConfig,
        {k: OmegaConf.to_container(v, resolve=True) if OmegaConf.is_config(v) else v for k, v in values.items()},
    )
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    if not config.train.model.download:
        os.environ["HF_HUB_OFFLINE"] = "1"
    return config


def _unchecked(argument: str) -> str:
    """`++key=value` for `key=value`: an unknown key then reaches our own check, which knows the nearest spelling."""
    key = argument.partition("=")[0]
    plain = key and "=" in argument and key[0].isalpha()
    return f"++{argument}" if plain and key not in GROUPS and not key.startswith("hydra") else argument


def _overrides_last(arguments: list[str]) -> list[str]:
    """Hydra takes name=value only after its own flags; users write them in any order."""
    overrides = [a for a in arguments if "=" in a and not a.startswith("-")]
    return [a for a in arguments if a not in overrides] + overrides


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("stance")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    logger.propagate = False


def _stop(status: int, message: object) -> None:
    print(message, file=sys.stderr)
    sys.exit(status)


def _help(task: Callable[..., None], stage: str | None) -> str:
    script = Path(sys.argv[0]).name
    fields = [row for row in reference(PipelineConfig) if stage is None or row[0].startswith(f"{stage}.")]
    width = max(len(name) for name, _, _ in fields)
    choices = [f"  {g}={'|'.join(sorted(p.stem for p in (CONFIGS / g).glob('*.yaml')))}" for g in GROUPS]
    return "\n".join(
        [
            f"{(task.__doc__ or '').strip()}",
            "",
            f"usage: python scripts/{script} [name=value ...]",
            "",
            "  run=NAME         results go to outputs/NAME (default: default)",
            "  seed=N           seed of the training run (default: 0)",
            "  overwrite=true   replace results that were made with other settings",
            "  -m seed=1,2,3    once for each value, into outputs/NAME/seed=1 ...",
            "  --cfg job        print the whole configuration",
            "",
            *choices,
            "",
            *(f"  {name:<{width}}  {text} [{default}]" for name, default, text in fields),
        ]
    )
