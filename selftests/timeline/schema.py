#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""schema.py TRACE...: whether traces are what Perfetto's own schema says, from the package "perfetto" of PyPI, and
whether trace_processor opens them, where its program is at hand."""

import sys

from google.protobuf import unknown_fields
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as schema


def check_known(message):
    """Every field is one of the schema, at every depth."""
    assert len(unknown_fields.UnknownFieldSet(message)) == 0, f"fields that the schema does not have: {message}"
    for field, value in message.ListFields():
        if field.message_type:
            for each in value if hasattr(value, "add") else [value]:
                check_known(each)


def check_schema(path):
    """Returns how many slices and instants there are."""
    trace = schema.Trace()
    with open(path, "rb") as file:
        trace.ParseFromString(file.read())
    check_known(trace)
    tracks, names, slices, instants = {}, {}, 0, 0
    event_type = schema.TrackEvent.Type
    for packet in trace.packet:
        for entry in packet.interned_data.event_names:
            names[entry.iid] = entry.name
        if packet.HasField("track_descriptor"):
            descriptor = packet.track_descriptor
            assert descriptor.parent_uuid in (0, *tracks), descriptor
            tracks[descriptor.uuid] = descriptor.name
        if packet.HasField("track_event"):
            event = packet.track_event
            assert event.track_uuid in tracks and packet.timestamp > 0, event
            assert event.type == event_type.TYPE_SLICE_END or event.name_iid in names, event
            slices += event.type == event_type.TYPE_SLICE_BEGIN
            instants += event.type == event_type.TYPE_INSTANT
    assert slices, f"{path} has no slice"
    return slices, instants


def check_program(path, slices, instants):
    """trace_processor finds as much in it. The package has no program, and gets it from the network."""
    from perfetto.trace_processor import TraceProcessor
    try:
        processor = TraceProcessor(trace=path)
    except Exception as error:  # whatever its way to the network has failed with
        print(f"# trace_processor was not tried: {type(error).__name__}")
        return
    found = next(iter(processor.query("select count() as n from slice"))).n
    errors = list(processor.query("select name, value from stats where severity = 'error' and value > 0"))
    processor.close()
    assert found == slices + instants, f"trace_processor has {found} slices of {slices + instants}"
    assert not errors, errors
    print("# trace_processor has opened it")


for name in sys.argv[1:]:
    numbers = check_schema(name)
    check_program(name, *numbers)
    print(f"ok {name.rsplit('/', 1)[-1]}: {numbers[0]} slices, {numbers[1]} instants")
