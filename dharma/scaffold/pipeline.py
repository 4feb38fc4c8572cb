"""The jobs of a platform repository: what each forge runs for a change, a merge queue and the default branch.

No action, template or plugin of somebody else is used but what a forge or Jenkins ships: steps are Git and
shell. The one thing that has to be pinned is GitLab's container image.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Template
from typing import Literal

from dharma.errors import InputError, Problem
from dharma.scaffold import Files

Forge = Literal["github", "gitlab", "jenkins"]
FORGES: tuple[Forge, ...] = ("github", "gitlab", "jenkins")
FILES: Mapping[Forge, str] = {
    "github": ".github/workflows/platform.yaml",
    "gitlab": ".gitlab-ci.yml",
    "jenkins": "Jenkinsfile",
}
IMAGES: Mapping[Forge, str] = {"github": "", "gitlab": "python:3.12", "jenkins": ""}
_PIN = re.compile(r"([a-z0-9][a-z0-9./:_-]*)=(sha256:[0-9a-f]{64})")


def pins_of(forge: Forge, pins: tuple[str, ...]) -> dict[str, str]:
    """Digests by image; InputError for one of another form, or of an image that the file does not use."""
    problems, found = [], {}
    for pin in pins:
        match = _PIN.fullmatch(pin)
        if not match:
            problems.append(Problem(f"--pin {pin!a}", "is no digest", "Write it as python:3.12=sha256:…"))
        elif match[1] != IMAGES[forge]:
            used = f"It uses {IMAGES[forge]}." if IMAGES[forge] else "It uses none."
            problems.append(Problem(f"--pin {pin!a}", f"is of no image of {FILES[forge]}", used))
        else:
            found[match[1]] = match[2]
    if problems:
        raise InputError(problems)
    return found


def unresolved(forge: Forge, pins: Mapping[str, str]) -> int:
    """How many images the file names without a digest."""
    return int(bool(IMAGES[forge]) and IMAGES[forge] not in pins)


def pipeline_files(forge: Forge, branch: str, ring: int, pins: Mapping[str, str]) -> Files:
    """The file of a forge; `branch` is the default one, `ring` the first that a merge reaches."""
    if not re.fullmatch(r"[A-Za-z0-9][\w./-]*", branch) or ".." in branch:
        raise InputError([Problem(f"--branch {branch!a}", "is no name of a branch")])
    image = IMAGES[forge]
    digest = pins.get(image, "")
    named = f"{image}@{digest}" if digest else f"{image} # unresolved: give its digest with --pin {image}=…"
    words = {"branch": branch, "ring": ring, "image": named, "checkout": _CHECKOUT, "install": _INSTALL}
    return {FILES[forge]: _TEMPLATES[forge].substitute(words)}


class _Words(Template):
    """`@{word}`, because `$` is the shell's and the forges'."""

    delimiter = "@"


_GITHUB = _Words("""\
# Written by `dharma new pipeline github`; yours to change.
name: platform

on:
  pull_request:
    branches: ["@{branch}"]
  # Two changes that are green apart can be stale together: the queue checks what the merge results in.
  merge_group:
    types: [checks_requested]
  push:
    branches: ["@{branch}"]

permissions: {}

concurrency:
  group: platform-${{ github.event_name }}-${{ github.ref }}
  cancel-in-progress: ${{ github.event_name == 'pull_request' }}

defaults:
  run:
    shell: bash

env:
  BRANCH: "@{branch}"

jobs:
  check:
    if: github.event_name != 'push'
    runs-on: ubuntu-24.04
    timeout-minutes: 20
    permissions:
      contents: read
    outputs:
      report: ${{ steps.check.outputs.report }}
    steps:
@{checkout}@{install}      - name: generated/ is what the declarations say
        run: dharma build --check
      - name: Check
        id: check
        run: |
          code=0
          dharma check --base="origin/$BRANCH" --format github || code=$?
          dharma check --base="origin/$BRANCH" --format markdown --output "$RUNNER_TEMP/report.md" || true
          if test -s "$RUNNER_TEMP/report.md"; then
            cat "$RUNNER_TEMP/report.md" >> "$GITHUB_STEP_SUMMARY"
            mark="report-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')"
            { echo "report<<$mark"; cat "$RUNNER_TEMP/report.md"; echo "$mark"; } >> "$GITHUB_OUTPUT"
          fi
          exit "$code"

  scan:
    # A fork's token may not write, and a queue's findings were uploaded by its pull requests.
    if: >-
      github.event_name == 'push' ||
      (github.event_name == 'pull_request' &&
      github.event.pull_request.head.repo.full_name == github.repository)
    runs-on: ubuntu-24.04
    timeout-minutes: 20
    permissions:
      contents: read
      security-events: write
    steps:
@{checkout}@{install}      - name: Check
        run: |
          code=0
          dharma check --format sarif --output "$RUNNER_TEMP/dharma.sarif" || code=$?
          test "$code" -le 1
      - name: Upload
        env:
          TOKEN: ${{ github.token }}
        run: |
          gzip --stdout "$RUNNER_TEMP/dharma.sarif" | base64 --wrap=0 > "$RUNNER_TEMP/sarif"
          {
            printf '{"commit_sha": "%s", "ref": "%s", "sarif": "' "$GITHUB_SHA" "$GITHUB_REF"
            cat "$RUNNER_TEMP/sarif"
            printf '"}'
          } > "$RUNNER_TEMP/body.json"
          printf 'Authorization: Bearer %s\\n' "$TOKEN" |
            curl --fail-with-body --silent --show-error --header @@- \\
            --header 'Accept: application/vnd.github+json' --data-binary "@@$RUNNER_TEMP/body.json" \\
            "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/code-scanning/sarifs"

  comment:
    # Runs no code of the change: what it installs is what the default branch names.
    if: >-
      always() && github.event_name == 'pull_request' && needs.check.outputs.report != '' &&
      github.event.pull_request.head.repo.full_name == github.repository
    needs: check
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    permissions:
      contents: read
      pull-requests: write
    steps:
@{checkout}      - name: Go back to the default branch
        run: git checkout --quiet --detach "origin/$BRANCH"
@{install}      - name: Comment
        env:
          GITHUB_TOKEN: ${{ github.token }}
          REPORT: ${{ needs.check.outputs.report }}
          PULL: ${{ github.event.pull_request.number }}
        run: printf '%s' "$REPORT" | dharma comment --forge github --pull "$PULL"

  promote:
    if: github.event_name == 'push'
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    permissions:
      contents: write
    concurrency:
      group: promote
      cancel-in-progress: false
    steps:
@{checkout}@{install}      - name: Promote to the first ring
        env:
          TOKEN: ${{ github.token }}
        run: |
          basic=$(printf 'x-access-token:%s' "$TOKEN" | base64 --wrap=0)
          export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="http.$GITHUB_SERVER_URL/.extraheader"
          export GIT_CONFIG_VALUE_0="AUTHORIZATION: basic $basic"
          git config user.name 'Dharma' && git config user.email 'dharma@@localhost'
          dharma promote --to @{ring} --source "$GITHUB_SHA"
""")
_CHECKOUT = """\
      - name: Check out
        env:
          TOKEN: ${{ github.token }}
        run: |
          git init --quiet .
          git remote add origin "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"
          basic=$(printf 'x-access-token:%s' "$TOKEN" | base64 --wrap=0)
          export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="http.$GITHUB_SERVER_URL/.extraheader"
          export GIT_CONFIG_VALUE_0="AUTHORIZATION: basic $basic"
          git fetch --quiet --no-tags origin "+$GITHUB_SHA:refs/dharma/job" \\
            "+refs/heads/$BRANCH:refs/remotes/origin/$BRANCH"
          git checkout --quiet --detach refs/dharma/job
"""
_INSTALL = """\
      - name: Install
        run: |
          python3 -m venv "$RUNNER_TEMP/venv"
          "$RUNNER_TEMP/venv/bin/python" -m pip install --quiet --requirement requirements.txt
          echo "$RUNNER_TEMP/venv/bin" >> "$GITHUB_PATH"
"""
_GITLAB = _Words("""\
# Written by `dharma new pipeline gitlab`; yours to change.
# Merge trains and merged results pipelines check what a merge results in; switch them on in the project.
default:
  image: @{image}

variables:
  GIT_DEPTH: "0"
  PIP_CACHE_DIR: $CI_PROJECT_DIR/.cache/pip

workflow:
  auto_cancel:
    on_new_commit: interruptible
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH

stages: [check, tell, promote]

.dharma:
  before_script:
    - python3 -m venv "$CI_BUILDS_DIR/venv"
    - '"$CI_BUILDS_DIR/venv/bin/python" -m pip install --quiet --requirement requirements.txt'
    - export PATH="$CI_BUILDS_DIR/venv/bin:$PATH"

check:
  extends: .dharma
  stage: check
  interruptible: true
  timeout: 20 minutes
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  script:
    - git fetch --quiet origin "+refs/heads/$CI_DEFAULT_BRANCH:refs/remotes/origin/$CI_DEFAULT_BRANCH"
    - dharma build --check
    - code=0
    - dharma check --base="origin/$CI_DEFAULT_BRANCH" --format junit --output dharma.xml || code=$?
    - dharma check --base="origin/$CI_DEFAULT_BRANCH" --format gitlab --output dharma.json || true
    - dharma check --base="origin/$CI_DEFAULT_BRANCH" --format markdown --output dharma.md || true
    - exit "$code"
  artifacts:
    when: always
    expire_in: 1 week
    paths: [dharma.md]
    reports:
      junit: dharma.xml
      codequality: dharma.json

# Needs the masked variable DHARMA_FORGE_TOKEN: a project access token with the scope api.
comment:
  extends: .dharma
  stage: tell
  when: always
  allow_failure: true
  needs: [{job: check, artifacts: true}]
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event" && $DHARMA_FORGE_TOKEN
      when: always
  script:
    - dharma comment --forge gitlab --pull "$CI_MERGE_REQUEST_IID" --file dharma.md

# Needs the masked and protected variable DHARMA_PUSH_TOKEN: a project access token that may push deploy/*.
promote:
  extends: .dharma
  stage: promote
  interruptible: false
  resource_group: promote
  timeout: 30 minutes
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  script:
    - basic=$(printf 'dharma:%s' "$DHARMA_PUSH_TOKEN" | base64 --wrap=0)
    - export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="http.$CI_SERVER_URL/.extraheader"
    - 'export GIT_CONFIG_VALUE_0="AUTHORIZATION: basic $basic"'
    - git remote set-url origin "$CI_PROJECT_URL.git"
    - git config user.name 'Dharma' && git config user.email 'dharma@@localhost'
    - dharma promote --to @{ring} --source "$CI_COMMIT_SHA"
""")
_JENKINS = _Words("""\
// Written by `dharma new pipeline jenkins`; yours to change. For a multibranch project whose pull requests
// are discovered merged with their target, so that what a merge results in is checked.
pipeline {
  agent any
  options {
    disableConcurrentBuilds(abortPrevious: env.CHANGE_ID != null)
    timeout(time: 30, unit: 'MINUTES')
  }
  stages {
    stage('Install') {
      steps {
        sh '''
          python3 -m venv .venv
          .venv/bin/python -m pip install --quiet --requirement requirements.txt
        '''
      }
    }
    stage('Check') {
      when { changeRequest() }
      steps {
        sh '''
          export PATH="$PWD/.venv/bin:$PATH"
          git fetch --quiet origin "+refs/heads/$CHANGE_TARGET:refs/remotes/origin/$CHANGE_TARGET"
          dharma build --check
          code=0
          dharma check --base="origin/$CHANGE_TARGET" --format junit --output dharma.xml || code=$?
          dharma check --base="origin/$CHANGE_TARGET" --format markdown --output dharma.md || true
          exit "$code"
        '''
      }
      post {
        always {
          junit testResults: 'dharma.xml', allowEmptyResults: true
          archiveArtifacts artifacts: 'dharma.md', allowEmptyArchive: true
        }
      }
    }
    stage('Promote') {
      when { branch '@{branch}' }
      steps {
        sh '''
          export PATH="$PWD/.venv/bin:$PATH"
          dharma promote --to @{ring} --source "$GIT_COMMIT"
        '''
      }
    }
  }
}
""")
_TEMPLATES: Mapping[Forge, Template] = {"github": _GITHUB, "gitlab": _GITLAB, "jenkins": _JENKINS}
