"""TypeScript's types of a router beside those of openapi-typescript."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from tests.documents.judges import node
from wsrouter import Router
from wsrouter.catalog.build import build
from wsrouter.documents.schemas import schemas
from wsrouter.documents.typescript import typescript
from wsrouter.documents.typescript_names import typescript_names

COMPILERS = ("typescript", "typescript7")
SAME = """\
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
"""


def write(name: str, router: Router, folder: Path, *, without: Collection[str]) -> None:
    """Write `<name>.d.ts`, the input of the oracle, and a program that compiles if each
    component is the same in both. `without` names those in which the oracle is wrong.
    """
    spec = build(router)
    (folder / f"{name}.types.ts").write_text(typescript(spec))
    components = {
        component: schema
        for component, schema in schemas(spec).components.items()
        if component not in without
    }
    (folder / f"{name}.json").write_text(
        json.dumps(
            {
                "openapi": "3.1.0",
                "info": {"title": name, "version": "1"},
                "paths": {},
                "components": {"schemas": components},
            }
        )
    )
    names = typescript_names(schemas(spec).components)
    lines = [
        f"export const {ours}: "
        f"Same<Ours.{ours}, Theirs[{json.dumps(component)}]> = true;"
        for component, ours in names.items()
        if component in components
    ]
    head = [
        f'import type * as Ours from "./{name}.types";',
        f'import type {{ components }} from "./{name}.oracle";',
        'type Theirs = components["schemas"];',
        SAME,
    ]
    (folder / f"{name}.same.ts").write_text("\n".join([*head, *lines]) + "\n")


def compare(
    routers: Mapping[str, Router],
    folder: Path,
    *others: str,
    without: Collection[str] = (),
) -> dict[str, list[str]]:
    """What each compiler says of all of them and of `others`, which are programs in
    `folder`."""
    for name, router in routers.items():
        write(name, router, folder, without=without)
    node.run("oracle.mjs", *(str(folder / f"{name}.json") for name in routers))
    programs = [*others, *(f"{name}.same.ts" for name in routers)]
    return {
        compiler: node.compile_errors(compiler, folder, programs)
        for compiler in COMPILERS
    }
