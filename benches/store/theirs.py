"""The other side of the bench `store`: the tenant store of fastapi-tenancy, as its documentation has it.

Takes one command a line, as JSON, and answers each with a line of JSON.
"""

import asyncio
import json
import sys
import time
from importlib.metadata import version

import uvloop
from fastapi_tenancy.cache.tenant_cache import TenantCache
from fastapi_tenancy.core.types import TenantStatus
from fastapi_tenancy.storage.database import SQLAlchemyTenantStore


CACHE = TenantCache(max_size=10_000)


def work(store, turn, caller):
    """What one caller does again and again; `number` counts its calls."""

    async def get(number):
        await store.get_by_id(turn["ids"][(caller * 97 + number) % len(turn["ids"])])

    async def cached(number):
        tenant = turn["ids"][number % len(turn["ids"])]
        if CACHE.get(tenant) is None:
            await CACHE.aset(await store.get_by_id(tenant))

    async def page(_):
        found = await store.list(skip=turn["skip"], limit=100, status=TenantStatus.ACTIVE)
        assert len(found) == 100

    async def search(_):
        assert len(await store.search(turn["text"], limit=20)) == 20

    async def count(_):
        assert await store.count(TenantStatus.SUSPENDED) > 0

    async def merge(number):
        tenant = turn["ids"][caller % len(turn["ids"])]
        await store.update_metadata(tenant, {f"caller-{caller}": number})

    works = {"get": get, "cached": cached, "list": page, "search": search, "count": count, "merge": merge}
    return works[turn["work"]]


async def call(store, turn, caller, until, micros, told, tried):
    run, number = work(store, turn, caller), 0
    while time.perf_counter() < until:
        number += 1
        tried[caller] = number
        begun = time.perf_counter()
        try:
            await run(number)
        except AssertionError:
            raise
        except Exception as error:
            turn.setdefault("errors", []).append(f"{type(error).__name__}")
        else:
            micros.append(round((time.perf_counter() - begun) * 1e6))
            told[caller] = number


async def measure(store, turn):
    micros, told, tried = [], {}, {}
    begun = time.perf_counter()
    until = begun + turn["seconds"]
    callers = range(turn["callers"])
    await asyncio.gather(*(call(store, turn, it, until, micros, told, tried) for it in callers))
    seconds = time.perf_counter() - begun
    lost = 0
    if turn["work"] == "merge":
        for caller in callers:
            tenant = await store.get_by_id(turn["ids"][caller % len(turn["ids"])])
            there = tenant.metadata.get(f"caller-{caller}", 0)
            # Of the last one nobody knows, if it failed.
            lost += there not in (told.get(caller, 0), tried.get(caller, 0))
    return {"seconds": seconds, "micros": micros, "failed": len(turn.get("errors", [])), "lost": lost}


async def main():
    store = SQLAlchemyTenantStore(sys.argv[1], pool_size=int(sys.argv[2]), max_overflow=0)
    await store.initialize()
    packages = ["fastapi-tenancy", "sqlalchemy", "asyncpg", "uvloop"]
    versions = [f"Python {sys.version.split()[0]}"] + [f"{it} {version(it)}" for it in packages]
    print(json.dumps(", ".join(versions)), flush=True)
    for line in sys.stdin:
        print(json.dumps(await measure(store, json.loads(line))), flush=True)
    await store.close()


uvloop.run(main())
