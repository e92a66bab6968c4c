"""A whole session of the official Python SDK, as an application would write it.

Says `done` when every answer was the expected one. Reads FGA_API_URL and, to log in first,
FGA_API_TOKEN_ISSUER, FGA_API_AUDIENCE, FGA_CLIENT_ID and FGA_CLIENT_SECRET.
"""

import asyncio
import json
import os
import re
from pathlib import Path

from openfga_sdk import (
    ClientConfiguration,
    OpenFgaClient,
    TypeDefinition,
    UserTypeFilter,
    WriteAuthorizationModelRequest,
)
from openfga_sdk.client.models import (
    ClientAssertion,
    ClientBatchCheckItem,
    ClientBatchCheckRequest,
    ClientCheckRequest,
    ClientExpandRequest,
    ClientListObjectsRequest,
    ClientListRelationsRequest,
    ClientReadChangesRequest,
    ClientTuple,
    ClientWriteRequest,
)
from openfga_sdk.client.models.list_users_request import ClientListUsersRequest
from openfga_sdk.client.models.write_conflict_opts import (
    ClientWriteRequestOnDuplicateWrites,
    ClientWriteRequestOnMissingDeletes,
    ConflictOptions,
)
from openfga_sdk.credentials import CredentialConfiguration, Credentials
from openfga_sdk.exceptions import NotFoundException, ValidationException
from openfga_sdk.models import (
    CreateStoreRequest,
    FgaObject,
    ReadRequestTupleKey,
    RelationshipCondition,
)
from openfga_sdk.sync import OpenFgaClient as SyncClient

HERE = Path(__file__).parent
MODEL = json.loads((HERE / "model.json").read_text())
ULID = re.compile("^[0-9A-HJKMNP-TV-Z]{26}$")
ALICE, BOB, CAROL = "user:alice", "user:bob", "user:carol"


def stored(key):
    condition = key.get("condition")
    condition = condition and RelationshipCondition(**condition)
    return ClientTuple(key["user"], key["relation"], key["object"], condition)


TUPLES = [stored(key) for key in json.loads((HERE / "tuples.json").read_text())]


def credentials():
    env = os.environ
    if "FGA_API_TOKEN_ISSUER" not in env:
        return None
    return Credentials(
        method="client_credentials",
        configuration=CredentialConfiguration(
            api_issuer=env["FGA_API_TOKEN_ISSUER"],
            api_audience=env["FGA_API_AUDIENCE"],
            client_id=env["FGA_CLIENT_ID"],
            client_secret=env["FGA_CLIENT_SECRET"],
        ),
    )


async def refused(kind, code, call):
    try:
        await call
    except kind as error:
        assert error.code == code, f"{error.code}: {error.error_message}"
    else:
        raise AssertionError(f"not refused with {code}")


async def stores(fga):
    store = await fga.create_store(CreateStoreRequest(name="Python session"))
    assert ULID.match(store.id), store.id
    fga.set_store_id(store.id)
    assert (await fga.get_store()).name == "Python session"
    ids, token = [], None
    while True:
        options = {"page_size": 100, **({"continuation_token": token} if token else {})}
        page = await fga.list_stores(options)
        ids += [each.id for each in page.stores]
        token = page.continuation_token
        if not token:
            break
    assert store.id in ids


async def models(fga):
    body = WriteAuthorizationModelRequest(
        schema_version=MODEL["schema_version"],
        type_definitions=[
            TypeDefinition(
                type=each["type"],
                relations=each.get("relations"),
                metadata=each.get("metadata"),
            )
            for each in MODEL["type_definitions"]
        ],
        conditions=MODEL["conditions"],
    )
    written = await fga.write_authorization_model(body)
    assert ULID.match(written.authorization_model_id)
    fga.set_authorization_model_id(written.authorization_model_id)
    model = (await fga.read_authorization_model()).authorization_model
    assert [each.type for each in model.type_definitions] == [
        each["type"] for each in MODEL["type_definitions"]
    ]
    assert model.conditions["in_hours"].expression == MODEL["conditions"]["in_hours"]["expression"]
    latest = (await fga.read_latest_authorization_model()).authorization_model
    assert latest.id == written.authorization_model_id
    listed = (await fga.read_authorization_models()).authorization_models
    assert [each.id for each in listed] == [latest.id]


async def writes(fga):
    await fga.write(ClientWriteRequest(writes=TUPLES))
    again = ClientWriteRequest(writes=TUPLES[:1])
    await refused(ValidationException, "write_failed_due_to_invalid_input", fga.write(again))
    ignore = ConflictOptions(on_duplicate_writes=ClientWriteRequestOnDuplicateWrites.IGNORE)
    await fga.write(again, {"conflict": ignore})
    wrong = ClientWriteRequest(writes=[ClientTuple("group:eng", "owner", "order:1")])
    await refused(ValidationException, "validation_error", fga.write(wrong))


async def checks(fga):
    async def allowed(user, relation, thing, **more):
        return (await fga.check(ClientCheckRequest(user, relation, thing, **more))).allowed

    assert await allowed(ALICE, "can_read", "order:1") is True
    assert await allowed(BOB, "can_read", "order:1") is True
    assert await allowed(BOB, "can_read", "order:2") is False
    assert await allowed(CAROL, "can_read", "order:4") is True
    assert await allowed(CAROL, "can_read", "order:3", context={"hour": 9}) is True
    assert await allowed(CAROL, "can_read", "order:3", context={"hour": 17}) is False
    unclear = allowed(CAROL, "can_read", "order:3")
    await refused(ValidationException, "validation_error", unclear)
    brought = [ClientTuple(CAROL, "member", "group:core")]
    assert await allowed(CAROL, "can_read", "order:1", contextual_tuples=brought) is True
    unknown = allowed(ALICE, "unheard_of", "order:1")
    await refused(ValidationException, "validation_error", unknown)


async def batches(fga):
    items = [
        ClientBatchCheckItem((CAROL, BOB)[at % 2], "can_read", "order:1", correlation_id=f"check-{at}")
        for at in range(120)
    ]
    answers = (await fga.batch_check(ClientBatchCheckRequest(checks=items))).result
    assert len(answers) == 120
    for answer in answers:
        assert answer.allowed == (answer.request.user == BOB), answer.correlation_id
    unclear = ClientBatchCheckItem(CAROL, "viewer", "order:3", correlation_id="unclear")
    (answer,) = (await fga.batch_check(ClientBatchCheckRequest(checks=[unclear]))).result
    assert answer.error.input_error == "validation_error", answer.error
    by_one = await fga.client_batch_check(
        [ClientCheckRequest(user, "can_sign", "order:1") for user in (ALICE, BOB)]
    )
    assert {each.request.user: each.allowed for each in by_one} == {ALICE: True, BOB: False}


def name(user):
    if user.object:
        return f"{user.object.type}:{user.object.id}"
    if user.wildcard:
        return f"{user.wildcard.type}:*"
    return f"{user.userset.type}:{user.userset.id}#{user.userset.relation}"


async def lists(fga):
    question = ClientListObjectsRequest(user=BOB, relation="can_read", type="order")
    assert sorted((await fga.list_objects(question)).objects) == ["order:1", "order:4"]
    streamed = [found.object async for found in fga.streamed_list_objects(question)]
    assert sorted(streamed) == ["order:1", "order:4"]
    relations = await fga.list_relations(
        ClientListRelationsRequest(
            user=ALICE, object="order:1", relations=["owner", "blocked", "can_read", "can_sign"]
        )
    )
    assert sorted(relations) == ["can_read", "can_sign", "owner"]

    async def users(number, relation, wanted):
        body = ClientListUsersRequest(
            object=FgaObject(type="order", id=number),
            relation=relation,
            user_filters=[wanted],
            context={"hour": 12},
        )
        return sorted(name(user) for user in (await fga.list_users(body)).users)

    everybody = UserTypeFilter(type="user")
    members = UserTypeFilter(type="group", relation="member")
    assert await users("1", "can_read", everybody) == [ALICE, BOB]
    assert await users("4", "can_read", everybody) == ["user:*"]
    assert await users("1", "viewer", members) == ["group:core#member", "group:eng#member"]


async def expands(fga):
    root = (await fga.expand(ClientExpandRequest("can_read", "order:1"))).tree.root
    assert root.name == "order:1#can_read"
    assert root.difference.base.leaf.computed.userset == "order:1#viewer"
    assert root.difference.subtract.leaf.computed.userset == "order:1#blocked"
    own = (await fga.expand(ClientExpandRequest("member", "group:eng"))).tree.root.leaf.users
    assert own.users == ["group:core#member"]


async def reads(fga):
    found, token = [], None
    while True:
        options = {"page_size": 5, **({"continuation_token": token} if token else {})}
        page = await fga.read(ReadRequestTupleKey(), options)
        found += page.tuples
        token = page.continuation_token
        if not token:
            break
    assert len(found) == len(TUPLES)
    key = ReadRequestTupleKey(user=CAROL, relation="viewer", object="order:3")
    (conditional,) = (await fga.read(key)).tuples
    assert conditional.key.condition.context == {"from": 9, "to": 17}
    assert conditional.timestamp.tzinfo is not None


async def deletes_and_changes(fga):
    gone = ClientWriteRequest(deletes=[ClientTuple(BOB, "member", "group:core")])
    await fga.write(gone)
    assert (await fga.check(ClientCheckRequest(BOB, "can_read", "order:1"))).allowed is False
    await refused(ValidationException, "write_failed_due_to_invalid_input", fga.write(gone))
    ignore = ConflictOptions(on_missing_deletes=ClientWriteRequestOnMissingDeletes.IGNORE)
    await fga.write(gone, {"conflict": ignore})
    changes, token = [], None
    while True:
        options = {"page_size": 2, **({"continuation_token": token} if token else {})}
        page = await fga.read_changes(ClientReadChangesRequest("group"), options)
        if not page.changes:
            break
        changes += page.changes
        token = page.continuation_token
    assert [(change.operation, change.tuple_key.user) for change in changes] == [
        ("TUPLE_OPERATION_WRITE", "group:core#member"),
        ("TUPLE_OPERATION_WRITE", BOB),
        ("TUPLE_OPERATION_DELETE", BOB),
    ]


async def assertions(fga):
    wanted = [
        ClientAssertion(user=ALICE, relation="can_read", object="order:1", expectation=True),
        ClientAssertion(user=BOB, relation="can_sign", object="order:1", expectation=False),
    ]
    await fga.write_assertions(wanted)
    got = (await fga.read_assertions()).assertions
    assert [(each.tuple_key.user, each.tuple_key.relation, each.expectation) for each in got] == [
        (ALICE, "can_read", True),
        (BOB, "can_sign", False),
    ]


def without_asyncio(configuration):
    """The same package's other client."""
    with SyncClient(configuration) as fga:
        assert fga.check(ClientCheckRequest(ALICE, "can_read", "order:1")).allowed is True
        question = ClientListObjectsRequest(user=ALICE, relation="can_read", type="order")
        assert sorted(fga.list_objects(question).objects) == ["order:1", "order:4"]
        streamed = [found.object for found in fga.streamed_list_objects(question)]
        assert sorted(streamed) == ["order:1", "order:4"]


async def ends(fga):
    await fga.delete_store()
    await refused(NotFoundException, "store_id_not_found", fga.get_store())


async def main():
    configuration = ClientConfiguration(
        api_url=os.environ["FGA_API_URL"], credentials=credentials()
    )
    async with OpenFgaClient(configuration) as fga:
        for step in (stores, models, writes, checks, batches, lists, expands, reads):
            await step(fga)
        configuration.store_id = fga.get_store_id()
        configuration.authorization_model_id = fga.get_authorization_model_id()
        without_asyncio(configuration)
        for step in (deletes_and_changes, assertions, ends):
            await step(fga)
    print("done")


asyncio.run(main())
