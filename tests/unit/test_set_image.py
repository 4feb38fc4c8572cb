"""Setting an image: one scalar on one line, and nothing else in the file."""

import os
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dharma import document, edit
from dharma.errors import DeclarationError
from dharma.layer import find

DIGEST = f"sha256:{sha256(b'an image').hexdigest()}"
DIGEST_PLACE = ("image", "digest")
CHECKOUT = "services/checkout.yaml"
OVERRIDE = """\
environments:
  production:
    image: {repository: registry.example/shop/checkout, tag: 1.0.1, digest: placeholder}
    regions:
      region-a: {image: {digest: placeholder}}
"""


def path_of(small, name=CHECKOUT) -> Path:
    return small.root / "environments" / name


WRITINGS = {
    "flow": "image: {repository: r/x, tag: 1.0.0, digest: placeholder}\n",
    "flow before the end": "image: {digest: placeholder, repository: r/x, tag: 1.0.0}\n",
    "block with comment": "image:\n  digest: placeholder   # none yet\n  tag: 1.0.0\n",
    "double quotes": 'image: {tag: 1.0.0, digest: "placeholder"}\n',
    "single quotes": "image: {tag: 1.0.0, digest: 'placeholder'}\n",
    "Windows line ends": "# first\r\nimage:\r\n  tag: 1.0.0\r\n  digest: placeholder\r\n",
    "text beyond ASCII before": "description: Größe 🙂 {\u2028}\nimage: {tag: é, digest: placeholder}\n",
    "no line end at the end": "image: {tag: 1.0.0, digest: placeholder}",
    "the word elsewhere": "# placeholder\nx: placeholder\nimage: {tag: placeholder, digest: placeholder}\n",
}


@pytest.mark.parametrize("text", WRITINGS.values(), ids=WRITINGS)
def test_only_the_value_changes(tmp_path, text):
    path = tmp_path / "service.yaml"
    path.write_bytes(text.encode())
    changed = edit.edited(tmp_path, path, {DIGEST_PLACE: DIGEST})
    assert changed.replace(DIGEST, "placeholder") == text
    path.write_bytes(changed.encode())
    node = find(document.read(tmp_path, path), DIGEST_PLACE)
    assert node is not None
    assert node.value == DIGEST


REFUSED = {
    "alias": "shared: &d placeholder\nimage: {digest: *d}\n",
    "anchor": "image: {digest: &d placeholder}\nother: *d\n",
    "folded": "image:\n  digest: >-\n    placeholder\n",
    "several lines": 'image:\n  digest: "place\n    holder"\n',
    "a map": "image: {digest: {}}\n",
    "absent": "image: {tag: 1.0.0}\n",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_replaced_alone_is_refused(tmp_path, text):
    path = tmp_path / "service.yaml"
    path.write_text(text)
    with pytest.raises(DeclarationError):
        edit.edited(tmp_path, path, {DIGEST_PLACE: DIGEST})
    assert [found.name for found in tmp_path.iterdir()] == ["service.yaml"]
    assert path.read_text() == text


@given(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True), st.sampled_from(["", "'", '"']))
def test_any_tag_is_read_back_as_the_text_it_is(tmp_path_factory, tag, quote):
    root = tmp_path_factory.getbasetemp()
    path = root / "tags.yaml"
    path.write_text(f"image: {{tag: {quote}v1{quote}, digest: placeholder}}\n")
    path.write_text(edit.edited(root, path, {("image", "tag"): tag}))
    node = find(document.read(root, path), ("image", "tag"))
    assert node is not None
    assert node.value == tag


def test_the_value_before_and_after_is_shown_with_its_place(small, dharma):
    ran = dharma("-C", small.root, "set", "image", "checkout", DIGEST, "--tag", "1.1.0")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"environments/{CHECKOUT}:3:73 image.digest: placeholder → {DIGEST}",
        f"environments/{CHECKOUT}:3:58 image.tag: 1.0.0 → 1.1.0",
    ]
    image = small.target("production/region-a").services["checkout"].image
    assert (image.digest, image.tag) == (DIGEST, "1.1.0")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], 3),
        (["--environment", "production"], 10),
        (["--environment", "production", "--region", "region-a"], 12),
    ],
    ids=["service", "environment", "region"],
)
def test_the_layer_that_was_named_changes(small, dharma, options, line):
    before = small.append(CHECKOUT, OVERRIDE).text(CHECKOUT).splitlines()
    assert dharma("-C", small.root, "set", "image", "checkout", DIGEST, *options).code == 0
    after = small.text(CHECKOUT).splitlines()
    changed = [number for number, pair in enumerate(zip(before, after, strict=True), 1) if pair[0] != pair[1]]
    assert changed == [line]


MISTAKES = {
    "unknown service": (["chekout", DIGEST], "Did you mean 'checkout'?"),
    "no digest": (["checkout", "sha256:12"], "is not sha256: and 64 hexadecimal digits"),
    "upper case": (["checkout", DIGEST.upper()], "is not sha256: and 64 hexadecimal digits"),
    "placeholder": (["checkout", "placeholder"], "is no digest"),
    "bad tag": (["checkout", DIGEST, "--tag", "a b"], "is not an image tag"),
    "no override": (
        ["checkout", DIGEST, "--environment", "production"],
        "has no environments.production.image.digest",
    ),
    "region alone": (["checkout", DIGEST, "--region", "region-a"], "--region needs --environment"),
    "path": (["../base", DIGEST], "is not declared"),
}


@pytest.mark.parametrize(("arguments", "what"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_and_nothing_changes(small, dharma, arguments, what):
    before = small.text(CHECKOUT)
    ran = dharma("-C", small.root, "set", "image", *arguments)
    assert ran.code == 2
    assert what in ran.err
    assert small.text(CHECKOUT) == before


def test_the_file_is_put_back_when_the_platform_is_not_valid(small, dharma):
    small.swap("production.yaml", "provider: eks", "provider: moon")
    before = small.text(CHECKOUT)
    ran = dharma("-C", small.root, "set", "image", "checkout", DIGEST)
    assert ran.code == 2
    assert "production.yaml" in ran.err
    assert small.text(CHECKOUT) == before


def test_permissions_stay_and_nothing_is_left_beside(small, dharma):
    path = path_of(small)
    path.chmod(0o640)
    assert dharma("-C", small.root, "set", "image", "checkout", DIGEST).code == 0
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(path.parent) == ["checkout.yaml"]  # noqa: PTH208


def test_a_symbolic_link_is_not_followed(small, dharma):
    path = path_of(small)
    path.rename(small.root / "elsewhere.yaml")
    path.symlink_to(small.root / "elsewhere.yaml")
    ran = dharma("-C", small.root, "set", "image", "checkout", DIGEST)
    assert ran.code == 2
    assert "placeholder" in (small.root / "elsewhere.yaml").read_text()
