"""New components, services, environments and repositories: valid at once, never over what is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dharma import __version__, environment, pin
from dharma.errors import InputError
from dharma.platform import SHIPPED
from dharma.scaffold import well_named, written
from dharma.scaffold.component import component_files, with_shipped
from dharma.scaffold.repository import versions


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def python(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    checkout = str(Path(__file__).parents[2])
    variables = os.environ | {"PYTHONPATH": checkout, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=root, env=variables, capture_output=True, text=True, check=False)


def test_a_new_service_is_valid_and_has_20_to_30_lines(platform_copy, dharma):
    before = files(platform_copy)
    ran = dharma(
        "-C", platform_copy, "new", "service", "invoices", "--tenant", "shop", "--description", 'Says "a: b".'
    )
    assert ran.code == 0
    assert ran.out == "wrote environments/services/invoices.yaml\n"
    assert "next: dharma build" in ran.err
    assert files(platform_copy) - before == {"environments/services/invoices.yaml"}
    lines = (platform_copy / "environments/services/invoices.yaml").read_text().splitlines()
    assert 20 <= len(lines) <= 30
    for target in environment.load(platform_copy).targets:
        assert target.services["invoices"].description == 'Says "a: b".'


def test_a_new_environment_has_every_region_and_ids_of_its_own(platform_copy, dharma):
    assert dharma("-C", platform_copy, "new", "environment", "preview").code == 0
    targets = environment.load(platform_copy).select(["preview"])
    assert [target.region_name for target in targets] == ["region-a", "region-b", "region-c"]
    assert {target.cluster.ring for target in targets} == {0}


def test_a_copied_environment_differs_by_name_ids_and_domain_only(platform_copy, dharma):
    source = platform_copy / "environments/staging.yaml"
    assert dharma("-C", platform_copy, "new", "environment", "rehearsal", "--from", "staging").code == 0
    lines = (platform_copy / "environments/rehearsal.yaml").read_text().splitlines()
    changed = [
        pair for pair in zip(source.read_text().splitlines(), lines, strict=True) if pair[0] != pair[1]
    ]
    fields = {old.partition(":")[0].strip() for old, _ in changed}
    assert fields == {"description", "domain", "id", "kubeContext"}
    assert len(environment.load(platform_copy).select(["rehearsal"])) == 3


REFUSED = {
    "service is there": (["service", "checkout", "--tenant", "shop"], "is there already"),
    "service in capitals": (["service", "Checkout", "--tenant", "shop"], "is no DNS label"),
    "service with a path": (["service", "../x", "--tenant", "shop"], "is no DNS label"),
    "service with an escape": (["service", "\x1b[31mx", "--tenant", "shop"], "is no DNS label"),
    "unknown tenant": (["service", "invoices", "--tenant", "shp"], "Did you mean 'shop'?"),
    "service without tenant": (["service", "invoices"], "--tenant"),
    "empty description": (["service", "invoices", "--tenant", "shop", "--description", " "], "description"),
    "environment is there": (["environment", "staging"], "is there already"),
    "reserved environment": (["environment", "base"], "is a reserved word"),
    "unknown source": (["environment", "preview", "--from", "stagin"], "Did you mean 'staging'?"),
    "component is there": (["component", "mesh"], "is there already"),
    "component as keyword": (["component", "class"], "is a reserved word"),
    "component with a digit first": (["component", "9lives"], "begins with a digit"),
    "component too long": (["component", "a" * 64], "is no DNS label"),
}


@pytest.mark.parametrize(("arguments", "what"), REFUSED.values(), ids=REFUSED)
def test_a_bad_name_is_refused_and_nothing_is_written(platform_copy, dharma, arguments, what):
    before = files(platform_copy)
    ran = dharma("-C", platform_copy, "new", *arguments)
    assert ran.code == 2
    assert what in ran.err
    assert "\x1b" not in ran.err
    assert files(platform_copy) == before


def test_names_of_63_characters_are_fine():
    well_named("service", "a" * 63, ())


@pytest.mark.parametrize("name", ["cache\n", "-cache", "cache-", "", "cäche", "cache.v2"])
def test_what_is_no_label_is_no_name(name):
    with pytest.raises(InputError, match="is no DNS label"):
        well_named("service", name, ())


def test_files_are_gone_again_when_they_do_not_fit(tmp_path):
    (tmp_path / "kept").write_text("kept")
    wanted = {"a/b/c.txt": "c", "d.txt": "d"}
    with pytest.raises(RuntimeError), written(tmp_path, wanted):  # noqa: PT012
        assert files(tmp_path) == {"a/b/c.txt", "d.txt", "kept"}
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_file_that_is_there_is_never_written_over(tmp_path):
    (tmp_path / "b.txt").write_text("mine")
    with (
        pytest.raises(InputError, match=r"b\.txt: is there already"),
        written(tmp_path, {"a.txt": "a", "b.txt": "b"}),
    ):
        pytest.fail("was entered")
    assert files(tmp_path) == {"b.txt"}
    assert (tmp_path / "b.txt").read_text() == "mine"


def test_files_go_through_no_symbolic_link(tmp_path):
    (tmp_path / "outside").mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(InputError, match="symbolic link"), written(root, {"link/a.txt": "a"}):
        pytest.fail("was entered")
    assert not list((tmp_path / "outside").iterdir())


def test_a_new_component_passes_its_own_test_and_builds(platform_copy, dharma):
    ran = dharma("-C", platform_copy, "new", "component", "key-cache")
    assert ran.code == 0
    assert "tests/components/test_key_cache.py" in ran.out
    tested = python(platform_copy, "-m", "pytest", "-q", "--rootdir", ".", "tests")
    assert tested.returncode == 0, tested.stdout
    assert "3 passed" in tested.stdout
    base = platform_copy / "environments/base.yaml"
    base.write_text(
        base.read_text().replace("components:\n", "components:\n  key-cache: {message: good day}\n")
    )
    built = python(
        platform_copy, "-c", "from dharma.cli import main; main(['build', 'development/region-a'])"
    )
    assert built.returncode == 0, built.stderr
    (settings,) = platform_copy.glob("generated/development/region-a/key-cache/configmap-settings.yaml")
    assert "message: good day" in settings.read_text()


def test_a_new_component_of_the_checkout_is_added_to_the_shipped_ones(repository):
    text = (repository / "dharma/platform.py").read_text()
    scope: dict[str, object] = {"Mapping": dict}
    changed = with_shipped(text, "key-cache")
    start, end = changed.index("SHIPPED: "), changed.index("\n}\n") + 2
    exec(changed[start:end], scope)  # noqa: S102
    added = {"key-cache": "dharma.components.key_cache.options:KeyCacheOptions"}
    assert scope["SHIPPED"] == {**SHIPPED, **added}
    assert (
        "class KeyCacheOptions(Options)"
        in component_files("key-cache", {})["components/key_cache/options.py"]
    )


def test_a_new_repository_builds_and_is_clean(tmp_path, dharma):
    made = dharma("init", tmp_path / "platform", "--environment", "production")
    assert made.code == 0, made.err
    assert {path.name for path in (tmp_path / "platform").iterdir()} == {
        ".gitignore", "README.md", "components", "environments", "generated", "requirements.txt", "schemas",
    }  # fmt: skip
    assert (tmp_path / "platform/requirements.txt").read_text() == f"dharma=={__version__}\n"
    assert not list((tmp_path / "platform").rglob("*.py"))
    checked = dharma("-C", tmp_path / "platform", "build", "--check")
    assert (checked.code, "nothing changed" in checked.out) == (0, True)
    assert dharma("-C", tmp_path / "platform", "schema", "--write", "--check").code == 0


def test_environments_of_a_new_repository_come_in_the_order_of_their_rings(tmp_path, dharma):
    names = ("qa", "live")
    dharma("init", tmp_path / "platform", *(part for name in names for part in ("--environment", name)))
    targets = environment.load(tmp_path / "platform").targets
    assert [(target.environment, target.cluster.ring) for target in targets] == [("qa", 0), ("live", 1)]


def test_a_folder_that_is_not_empty_stays_as_it_is(tmp_path, dharma):
    (tmp_path / "mine").write_text("mine")
    ran = dharma("init", tmp_path)
    assert ran.code == 2
    assert "is not empty" in ran.err
    assert files(tmp_path) == {"mine"}


@pytest.mark.parametrize(
    ("wanted", "version", "allowed"),
    [
        (">=0.1,<0.2", "0.1.0", True),
        (">=0.1,<0.2", "0.1.17", True),
        (">=0.1, <0.2", "0.2.0", False),
        ("==0.1", "0.1.0", True),
        ("==0.1.0", "0.1.1", False),
        ("!=0.1.1", "0.1.1", False),
        (">0.9", "0.10.0", True),
        ("<=1", "1.0.0", True),
        (versions("0.1.0"), "0.1.0", True),
        (versions("1.9.3"), "1.10.0", False),
    ],
)
def test_a_pin_allows_the_versions_it_names(wanted, version, allowed):
    assert pin.allows(wanted, version) is allowed


PINS = {
    "other version": ('">=99"', f"asks for dharma >=99, and this is {__version__}"),
    "no condition": ('"0.1"', "dharma must be conditions such as"),
    "a number": ("0.1", "dharma must be text"),
}


@pytest.mark.parametrize(("text", "what"), PINS.values(), ids=PINS)
def test_a_pin_that_does_not_fit_is_an_error_in_its_line(small, text, what):
    small.append("base.yaml", f"dharma: {text}\n")
    (problem,) = small.problems()
    assert problem.startswith("environments/base.yaml:10:")
    assert what in problem


def test_a_pin_is_asked_before_fields_of_other_versions_are_refused(small):
    small.append("base.yaml", 'dharma: ">=99"\nfieldOfTheFuture: 1\n')
    (problem,) = small.problems()
    assert "asks for dharma" in problem


def test_a_pin_that_fits_changes_nothing(small):
    small.append("base.yaml", f'dharma: "=={__version__}"\n')
    assert small.load().targets


def test_a_pin_outside_base_is_a_mistake(small):
    small.append("production.yaml", 'dharma: ">=0.1"\n')
    assert "in base.yaml only" in small.problems()[0]
