"""Random operations on the catalog, against a model of a few dictionaries."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from moto_iot_jobs.packages.package import PackageUpdate, VersionRequest, VersionUpdate
from moto_iot_jobs.packages.references import PackageReferences
from moto_iot_jobs.service.errors import ServiceError
from tests.packages.conftest import Catalog

PACKAGES, VERSIONS = st.sampled_from(("a", "b")), st.sampled_from(("1", "2", "3"))
HERE = "arn:aws:iot:eu-west-1:123456789012:package/"


class CatalogMachine(RuleBasedStateMachine):
    """A catalog, beside what it should be: statuses by version name, and a default, by package."""

    def __init__(self) -> None:
        super().__init__()
        self.catalog = Catalog()
        self.versions: dict[str, dict[str, str]] = {}
        self.defaults: dict[str, str] = {}

    def expect(self, allowed: bool, act: Callable[[], object]) -> bool:
        """Do something, which has to be refused unless it is allowed."""
        if allowed:
            act()
        else:
            with pytest.raises(ServiceError):
                act()
        return allowed

    def status(self, package: str, version: str) -> str | None:
        return self.versions.get(package, {}).get(version)

    @rule(name=PACKAGES)
    def create_package(self, name: str) -> None:
        if self.expect(name not in self.versions, lambda: self.catalog.package(name)):
            self.versions[name] = {}

    @rule(name=PACKAGES)
    def delete_package(self, name: str) -> None:
        if self.expect(not self.versions.get(name), lambda: self.catalog.delete_package(name)):
            self.versions.pop(name, None)

    @rule(package=PACKAGES, version=VERSIONS)
    def create_version(self, package: str, version: str) -> None:
        request = VersionRequest(package, version)
        allowed = package in self.versions and version not in self.versions[package]
        if self.expect(allowed, lambda: self.catalog.create_package_version(request, 1)):
            self.versions[package][version] = "DRAFT"

    @rule(package=PACKAGES, version=VERSIONS)
    def delete_version(self, package: str, version: str) -> None:
        allowed = self.defaults.get(package) != version
        if self.expect(allowed, lambda: self.catalog.delete_package_version(package, version)):
            self.versions.get(package, {}).pop(version, None)

    @rule(package=PACKAGES, version=VERSIONS, action=st.sampled_from(("PUBLISH", "DEPRECATE")))
    def act(self, package: str, version: str, action: str) -> None:
        status = self.status(package, version)
        update = VersionUpdate(package, version, action=action)
        allowed = status is not None and (action, status) != ("DEPRECATE", "DRAFT")
        if self.expect(allowed, lambda: self.catalog.update_package_version(update, 2)):
            self.versions[package][version] = f"{action.rstrip('E')}ED"

    @rule(package=PACKAGES, version=VERSIONS)
    def make_default(self, package: str, version: str) -> None:
        update = PackageUpdate(package, default_version_name=version)
        allowed = self.status(package, version) in ("PUBLISHED", "DEPRECATED")
        if self.expect(allowed, lambda: self.catalog.update_package(update, 2)):
            self.defaults[package] = version

    @rule(package=PACKAGES)
    def unset_default(self, package: str) -> None:
        update = PackageUpdate(package, unset_default_version=True)
        if self.expect(package in self.versions, lambda: self.catalog.update_package(update, 2)):
            self.defaults.pop(package, None)

    @rule(package=PACKAGES, version=st.one_of(VERSIONS, st.just("$default")))
    def deploy(self, package: str, version: str) -> None:
        name = self.defaults.get(package) if version == "$default" else version
        allowed = name is not None and self.status(package, name) in ("PUBLISHED", "DEPRECATED")
        arn = f"{HERE}{package}/version/{version}"
        if self.expect(allowed, lambda: PackageReferences(self.catalog).resolve([arn])):
            assert PackageReferences(self.catalog).resolve([arn]) == (
                f"{HERE}{package}/version/{name}",
            )

    @invariant()
    def the_catalog_is_as_it_should_be(self) -> None:
        found = {
            package.name: {
                version.name: version.status.value
                for version in self.catalog.list_package_versions(package.name)[0]
            }
            for package in self.catalog.list_packages()[0]
        }
        assert found == self.versions
        defaults = {name: self.catalog.get_package(name).default for name in self.versions}
        assert {name: each for name, each in defaults.items() if each} == self.defaults

    @invariant()
    def a_default_version_exists_and_can_be_deployed(self) -> None:
        for package, version in self.defaults.items():
            assert self.status(package, version) in ("PUBLISHED", "DEPRECATED")

    @invariant()
    def everything_has_tags_by_its_arn(self) -> None:
        versions = sum(len(each) for each in self.versions.values())
        assert len(self.catalog.tagged()) == len(self.versions) + versions


TestCatalog = CatalogMachine.TestCase
TestCatalog.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
