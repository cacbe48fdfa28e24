/* SPDX-License-Identifier: MIT */
/* Messages of object headers. */
#ifndef EMIT_HDF5_CHECK_CHECK_MESSAGE_H
#define EMIT_HDF5_CHECK_CHECK_MESSAGE_H

#include "core/hdf5/check/check_bytes.h"

enum emit_message_type
{
    EMIT_MESSAGE_SHAPE = 0x01,
    EMIT_MESSAGE_LINK_INFO = 0x02,
    EMIT_MESSAGE_OLD_FILL = 0x04,
    EMIT_MESSAGE_FILL = 0x05,
    EMIT_MESSAGE_LINK = 0x06,
    EMIT_MESSAGE_EXTERNAL_FILES = 0x07,
    EMIT_MESSAGE_LAYOUT = 0x08,
    EMIT_MESSAGE_ATTRIBUTE = 0x0c,
    EMIT_MESSAGE_SHARED_TABLE = 0x0f,
    EMIT_MESSAGE_CONTINUATION = 0x10,
    EMIT_MESSAGE_GROUP = 0x11,
    EMIT_MESSAGE_ATTRIBUTE_INFO = 0x15,
    EMIT_MESSAGE_CACHE_IMAGE = 0x18
};

/* Whether the sizes in a link or attribute fit its message. */
bool emit_check_link(struct cursor body);
bool emit_check_attribute(struct cursor body);

/*
 * Whether a message of the object header at "owner" has possible sizes; registers the trees and
 * heaps that it refers to. True for types that are not known. Link info, attribute info and
 * continuations are not known here.
 */
bool emit_check_message(struct emit_check *check, uint64_t owner, uint64_t type,
                        struct cursor body);

/* Whether a message that lies in another header does not lead in a circle. */
bool emit_check_shared_message(struct emit_check *check, uint64_t owner, struct cursor body);

/* Whether the links or attributes that an info message refers to are valid. */
bool emit_check_info(struct emit_check *check, uint64_t owner, uint64_t type, struct cursor body);

#endif
