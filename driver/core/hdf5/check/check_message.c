/* SPDX-License-Identifier: MIT */
/* A message is read field by field by a cursor, which refuses to pass its end. What a message
 * refers to (trees, heaps, collections) is registered for the object header at "owner". */
#include "core/hdf5/check/check_internal.h"

#include <string.h>

/* ---- Links and attributes ------------------------------------------------------------------- */

/* A link that cannot be decoded makes the library release a half-filled table of links. */
static bool is_valid_link(const struct emit_check *check, struct cursor body)
{
    enum
    {
        HARD = 0,
        SOFT = 1,
        USER = 64
    };
    uint64_t version, flags, type = HARD, character_set = 0, length, address;
    if (!take(&body, 1, &version) || version != 1 || !take(&body, 1, &flags) || flags > 0x1f)
        return false;
    if ((flags & 0x08) && !take(&body, 1, &type))
        return false;
    if ((flags & 0x04) && !skip(&body, 8))
        return false;
    if ((flags & 0x10) && !take(&body, 1, &character_set))
        return false;
    if (character_set > 1 || !take(&body, 1u << (flags & 3), &length) || length == 0 ||
        memchr(body.at, '\0', body.left < length ? (size_t)body.left : (size_t)length) != NULL ||
        !skip(&body, length))
        return false;
    const struct cursor name = {body.at - length, length};
    if (type == HARD && take(&body, 8, &address))
    {
        emit_check_report(check, address, name);
        return true;
    }
    return (type == SOFT || type >= USER) && take(&body, 2, &length) && skip(&body, length) &&
           (type != SOFT || (length > 0 && length < MAX_SOFT_LINK_NBYTES));
}

/* Whether a shape has a known class, and room for all of its dimensions. */
static bool is_valid_shape(struct cursor body)
{
    enum
    {
        WITH_LIMITS = 1,
        NO_VALUES = 2 /* the last class */
    };
    uint64_t version, rank, flags, class;
    if (!take(&body, 1, &version) || version < 1 || version > 2 || !take(&body, 1, &rank) ||
        rank > 32 || !take(&body, 1, &flags) || !take(&body, 1, &class) ||
        (version == 2 && class > NO_VALUES) || (version == 1 && !skip(&body, 4)))
        return false;
    return body.left / 8 >= rank * (flags & WITH_LIMITS ? 2 : 1);
}

/* Name, type and shape, whose sizes come first. */
static bool is_valid_attribute(const struct emit_check *check, struct cursor body)
{
    (void)check;
    enum
    {
        SHARED_TYPE = 1,
        SHARED_SHAPE = 2
    };
    uint64_t version, flags, name, type, shape, encoding = 0;
    if (!take(&body, 1, &version) || version < 1 || version > 3 || !take(&body, 1, &flags) ||
        !take(&body, 2, &name) || !take(&body, 2, &type) || !take(&body, 2, &shape) ||
        (version == 3 && !take(&body, 1, &encoding)))
        return false;
    const uint64_t step = version == 1 ? 8 : 1; /* the first version pads each of them */
    return name > 0 && name <= body.left && body.at[name - 1] == '\0' &&
           skip(&body, (name + step - 1) / step * step) && type <= body.left &&
           ((version > 1 && (flags & SHARED_TYPE)) ||
            emit_check_type((struct cursor){body.at, type})) &&
           skip(&body, (type + step - 1) / step * step) && shape <= body.left &&
           ((version > 1 && (flags & SHARED_SHAPE)) ||
            is_valid_shape((struct cursor){body.at, shape})) &&
           skip(&body, (shape + step - 1) / step * step);
}

/* ---- Layout --------------------------------------------------------------------------------- */

enum layout_class
{
    COMPACT = 0,
    CONTIGUOUS = 1,
    CHUNKED = 2,
    VIRTUAL = 3
};

/* Whether a size of "count" bytes follows, and as many bytes as it says: the library trusts it. */
static bool is_sized(struct cursor body, unsigned count)
{
    uint64_t size;
    return take(&body, count, &size) && size <= body.left;
}

static bool is_dimension_count(uint64_t count)
{
    return count >= 1 && count <= 33; /* with the one of a value's bytes */
}

/* Whether the next "count" sizes of a chunk are above 0: the library divides by them. */
static bool are_valid_sizes(struct cursor *body, uint64_t count, unsigned nbytes)
{
    uint64_t size;
    for (uint64_t i = 0; i < count; i++)
        if (!take(body, nbytes, &size) || size == 0)
            return false;
    return true;
}

/* Versions 1 and 2: what HDF5 wrote up to 1.6.2. */
static bool is_valid_old_layout(struct emit_check *check, uint64_t owner, struct cursor body)
{
    uint64_t count, class, tree = NO_ADDRESS;
    if (!take(&body, 1, &count) || !is_dimension_count(count) || !take(&body, 1, &class) ||
        class > CHUNKED || !skip(&body, 5) || (class != COMPACT && !take(&body, 8, &tree)))
        return false;
    if (class == CHUNKED)
        return are_valid_sizes(&body, count, 4) && emit_check_chunk_tree(check, tree, count, owner);
    return skip(&body, 4 * count) && (class != COMPACT || is_sized(body, 4));
}

static bool is_valid_chunking(struct emit_check *check, uint64_t owner, struct cursor body)
{
    uint64_t count, tree;
    return take(&body, 1, &count) && count >= 2 && is_dimension_count(count) &&
           take(&body, 8, &tree) && are_valid_sizes(&body, count, 4) &&
           emit_check_chunk_tree(check, tree, count, owner);
}

/* From version 4 on the blocks of each chunk index have a signature of their own. */
static bool is_valid_new_chunking(struct cursor body)
{
    uint64_t count, nbytes;
    return skip(&body, 1) && take(&body, 1, &count) && count >= 2 && is_dimension_count(count) &&
           take(&body, 1, &nbytes) && nbytes >= 1 && nbytes <= 8 &&
           are_valid_sizes(&body, count, (unsigned)nbytes);
}

static bool is_valid_layout(struct emit_check *check, uint64_t owner, struct cursor body)
{
    uint64_t version, class, address;
    if (!take(&body, 1, &version) || version < 1 || version > 5)
        return false;
    if (version < 3)
        return is_valid_old_layout(check, owner, body);
    if (!take(&body, 1, &class))
        return false;
    switch (class)
    {
    case COMPACT:
        return is_sized(body, 2);
    case CHUNKED:
        return version == 3 ? is_valid_chunking(check, owner, body) : is_valid_new_chunking(body);
    case VIRTUAL:
        return take(&body, 8, &address) &&
               (address == NO_ADDRESS || emit_check_collection(check, address));
    default:
        return true;
    }
}

/* ---- Other messages ------------------------------------------------------------------------- */

static bool is_valid_fill(struct cursor body)
{
    uint64_t version, flags;
    if (!take(&body, 1, &version) || version != 3)
        return true;
    return take(&body, 1, &flags) && (!(flags & 0x20) || is_sized(body, 4));
}

static bool is_valid_group(struct emit_check *check, uint64_t owner, struct cursor body)
{
    uint64_t tree, heap;
    return take(&body, 8, &tree) && take(&body, 8, &heap) &&
           emit_check_group(check, tree, heap, owner);
}

/* Names of external files, in a heap; the driver refuses such variables later. */
static bool are_valid_external_files(struct emit_check *check, uint64_t owner, struct cursor body)
{
    uint64_t room, count, heap, name, names_end;
    if (!skip(&body, 4) || !take(&body, 2, &room) || !take(&body, 2, &count) || count > room ||
        !take(&body, 8, &heap) || !emit_check_local_heap(check, heap, owner, &names_end))
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (!take(&body, 8, &name) || name >= names_end || !skip(&body, 16))
            return false;
    return true;
}

bool emit_check_message(struct emit_check *check, uint64_t owner, uint64_t type, struct cursor body)
{
    switch (type)
    {
    case EMIT_MESSAGE_SHAPE:
        return is_valid_shape(body);
    case EMIT_MESSAGE_TYPE:
        return emit_check_type(body);
    case EMIT_MESSAGE_OLD_FILL:
        return is_sized(body, 4);
    case EMIT_MESSAGE_FILL:
        return is_valid_fill(body);
    case EMIT_MESSAGE_LINK:
        return is_valid_link(check, body);
    case EMIT_MESSAGE_EXTERNAL_FILES:
        return are_valid_external_files(check, owner, body);
    case EMIT_MESSAGE_LAYOUT:
        return is_valid_layout(check, owner, body);
    case EMIT_MESSAGE_ATTRIBUTE:
        return is_valid_attribute(check, body);
    case EMIT_MESSAGE_GROUP:
        return is_valid_group(check, owner, body);
    case EMIT_MESSAGE_SHARED_TABLE: /* a heap of messages that is not validated */
    case EMIT_MESSAGE_CACHE_IMAGE:  /* blocks that would pass by the validator */
        return false;
    default:
        return true;
    }
}

bool emit_check_shared_message(struct emit_check *check, uint64_t owner, struct cursor body)
{
    enum
    {
        IN_HEADER = 2 /* rather than in the table of shared messages, which is refused */
    };
    uint64_t version, place, address;
    if (!take(&body, 1, &version) || version < 1 || version > 3 || !take(&body, 1, &place) ||
        (version == 3 && place != IN_HEADER) || !skip(&body, version == 1 ? 6 : 0) ||
        !take(&body, 8, &address))
        return false;
    struct emit_block_entry *entry = emit_check_register(check, owner, EMIT_BLOCK_HEADER);
    if (entry == NULL || entry->is_shared)
        return false;
    entry->is_sharing = true;
    entry = emit_check_register(check, address, EMIT_BLOCK_HEADER);
    if (entry == NULL || entry->is_sharing)
        return false;
    entry->is_shared = true;
    return true;
}

bool emit_check_info(struct emit_check *check, uint64_t owner, uint64_t type, struct cursor body)
{
    enum
    {
        TRACKED = 1,
        INDEXED = 2
    };
    const bool of_links = type == EMIT_MESSAGE_LINK_INFO;
    struct emit_dense dense = {.owner = owner, .by_order = {.tree = NO_ADDRESS}};
    uint64_t version, flags;
    if (!take(&body, 1, &version) || version != 0 || !take(&body, 1, &flags) ||
        ((flags & TRACKED) && !skip(&body, of_links ? 8 : 2)) || !take(&body, 8, &dense.heap) ||
        !take(&body, 8, &dense.by_name.tree) ||
        ((flags & INDEXED) && !take(&body, 8, &dense.by_order.tree)))
        return false;
    dense.id_nbytes = of_links ? 7 : 8;
    dense.by_name.type = of_links ? 5 : 8;
    dense.by_name.id_at = of_links ? 4 : 0;
    dense.by_order.type = of_links ? 6 : 9;
    dense.by_order.id_at = of_links ? 8 : 0;
    dense.is_valid = of_links ? is_valid_link : is_valid_attribute;
    return dense.heap == NO_ADDRESS || emit_check_dense(check, &dense);
}
