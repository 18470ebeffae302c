"""Rules by which a bucket itself removes what has expired: pure, but for asking and telling the
bucket.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lotus.errors import StoreError
from lotus.store.bucket import Bucket, code_of
from lotus.store.objects import PREFIXES

__all__ = ["Rule", "apply_rules", "differing", "present_rules", "wanted_rules"]

INCOMPLETE_DAYS = 1  # parts of an upload that never ended


@dataclass(frozen=True)
class Rule:
    """Objects whose key begins with `prefix` are removed after `days`; or only parts of uploads
    are.
    """

    name: str
    prefix: str
    days: int
    parts_only: bool = False

    def to_s3(self) -> dict[str, Any]:
        """As S3 takes it (docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html)."""
        what = (
            {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": self.days}}
            if self.parts_only
            else {"Expiration": {"Days": self.days}}
        )
        return {"ID": self.name, "Filter": {"Prefix": self.prefix}, "Status": "Enabled", **what}


def wanted_rules(root: str) -> tuple[Rule, ...]:
    """The rules of a store whose keys begin with `root`; what is kept for ever has none."""
    expiring = [
        Rule(f"lotus:{root}{name}", f"{root}{name}/", days)
        for name, days in PREFIXES.items()
        if days
    ]
    return (
        *expiring,
        Rule(f"lotus:{root}uploads in parts", root, INCOMPLETE_DAYS, parts_only=True),
    )


def differing(rules: Iterable[Rule], present: Iterable[dict[str, Any]]) -> list[Rule]:
    """Those of the wanted rules that the bucket has not, or has otherwise."""
    there = [_plain(rule) for rule in present]
    return [rule for rule in rules if _plain(rule.to_s3()) not in there]


def _plain(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule without its name and what servers add to it."""
    prefix = rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))
    parts = rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")
    return {
        "prefix": prefix,
        "status": rule["Status"],
        "days": rule.get("Expiration", {}).get("Days"),
        "parts": parts,
    }


def present_rules(bucket: Bucket) -> list[dict[str, Any]]:
    """All rules that the bucket has, ours and others'."""
    try:
        return list(bucket.call("get_bucket_lifecycle_configuration").get("Rules", ()))
    except Exception as exc:
        if code_of(exc) == "NoSuchLifecycleConfiguration":
            return []
        raise


def apply_rules(bucket: Bucket) -> None:
    """Give the bucket our rules; those of others stay as they are."""
    own = wanted_rules(bucket.prefix)
    names = {rule.name for rule in own}
    others = [rule for rule in present_rules(bucket) if rule.get("ID") not in names]
    rules = [*others, *(rule.to_s3() for rule in own)]
    bucket.call("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": rules})
    if differing(own, present_rules(bucket)):
        raise StoreError(
            url=f"s3://{bucket.name}",
            reason="refused the rules",
            remedy="see the log of the S3 server",
        )
