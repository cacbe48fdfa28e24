/* SPDX-License-Identifier: MIT */
#include "core/hdf5/check/check_internal.h"

#include <stdlib.h>
#include <string.h>

/* More than any file needs that the driver reads. */
#define MAX_HEADER_CHUNKS 1024

/* Whether "nbytes" bytes at "address" lie in the file. */
static bool lies_inside(const struct emit_sound_file *file, uint64_t address, uint64_t nbytes)
{
    const uint64_t room = file->nbytes > file->base ? file->nbytes - file->base : 0;
    return address <= room && nbytes <= room - address;
}

unsigned char *emit_sound_load(const struct emit_sound_file *file, uint64_t address,
                               uint64_t nbytes)
{
    if (nbytes < 1 || nbytes > MAX_OBJECT_NBYTES || !lies_inside(file, address, nbytes))
        return NULL;
    unsigned char *bytes = malloc((size_t)nbytes);
    if (bytes != NULL && file->read(file->context, file->base + address, (size_t)nbytes, bytes))
        return bytes;
    free(bytes);
    return NULL;
}

/* ---- Messages of object headers --------------------------------------------------------------
 */

/* One that fails makes the library release a table of links of which it has filled a part. */
static bool is_sound_link(struct body body)
{
    enum
    {
        HARD = 0,
        SOFT = 1,
        USER = 64
    };
    uint64_t version, flags, type = HARD, character_set = 0, length;
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
    if (type == HARD)
        return body.left >= 8;
    return (type == SOFT || type >= USER) && take(&body, 2, &length) && skip(&body, length) &&
           (type != SOFT || length > 0);
}

/* Values in the header itself, and chunks, whose sizes are divided by. */
static bool is_sound_layout(struct body body)
{
    enum
    {
        COMPACT = 0,
        CHUNKED = 2
    };
    uint64_t version, kind, count, size = 0;
    if (!take(&body, 1, &version))
        return false;
    if (version < 3)
        return true; /* those are no longer written, and known to nobody here */
    if (version > 5 || !take(&body, 1, &kind))
        return false;
    if (kind == COMPACT)
        return take(&body, 2, &size) && skip(&body, size);
    if (kind != CHUNKED || version > 3)
        return true;
    if (!take(&body, 1, &count) || count < 2 || count > 33 || !skip(&body, 8))
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (!take(&body, 4, &size) || size == 0)
            return false;
    return true;
}

/* A value whose size is taken on trust. */
static bool is_sound_fill(struct body body)
{
    uint64_t version, flags, size;
    if (!take(&body, 1, &version) || version != 3)
        return true;
    return take(&body, 1, &flags) &&
           (!(flags & 0x20) || (take(&body, 4, &size) && size <= body.left));
}

/* Name, type and shape, whose sizes come first. */
static bool is_sound_attribute(struct body body)
{
    uint64_t version, name, type, shape, encoding = 0;
    if (!take(&body, 1, &version) || version < 1 || version > 3 || !skip(&body, 1) ||
        !take(&body, 2, &name) || !take(&body, 2, &type) || !take(&body, 2, &shape) ||
        (version == 3 && !take(&body, 1, &encoding)))
        return false;
    const uint64_t step = version == 1 ? 8 : 1; /* the first version pads each of them */
    return name > 0 && name <= body.left && body.at[name - 1] == '\0' &&
           skip(&body, (name + step - 1) / step * step) &&
           skip(&body, (type + step - 1) / step * step) &&
           skip(&body, (shape + step - 1) / step * step);
}

/* ---- Object headers ---------------------------------------------------------------------------
 */

/* Links or attributes of an object that has many lie in a heap. */
static bool is_sound_info(const struct emit_sound_file *file, struct body body, bool of_links)
{
    enum
    {
        TRACKED = 1,
        INDEXED = 2
    };
    struct emit_sound_dense links = {.id_nbytes = 7,
                                     .by_name = {.type = 5, .id_at = 4},
                                     .by_order = {.tree = NO_ADDRESS, .type = 6, .id_at = 8},
                                     .is_sound = is_sound_link};
    struct emit_sound_dense attributes = {.id_nbytes = 8,
                                          .by_name = {.type = 8},
                                          .by_order = {.tree = NO_ADDRESS, .type = 9},
                                          .is_sound = is_sound_attribute};
    struct emit_sound_dense *dense = of_links ? &links : &attributes;
    uint64_t version, flags;
    return take(&body, 1, &version) && version == 0 && take(&body, 1, &flags) &&
           (!(flags & TRACKED) || skip(&body, of_links ? 8 : 2)) && take(&body, 8, &dense->heap) &&
           take(&body, 8, &dense->by_name.tree) &&
           (!(flags & INDEXED) || take(&body, 8, &dense->by_order.tree)) &&
           (dense->heap == NO_ADDRESS || emit_sound_dense(file, dense));
}

struct chunk_place
{
    uint64_t address;
    uint64_t nbytes;
};

/* An object header in the looking-over: chunks found so far, of which "done" were looked at. */
struct header
{
    const struct emit_sound_file *file;
    unsigned message_head_nbytes;
    struct chunk_place chunk[MAX_HEADER_CHUNKS];
    size_t count;
};

static bool add_continuation(struct header *header, struct body body)
{
    uint64_t address, nbytes;
    if (!take(&body, 8, &address) || !take(&body, 8, &nbytes) || nbytes < 4 + CHECKSUM_NBYTES ||
        header->count == MAX_HEADER_CHUNKS)
        return false;
    header->chunk[header->count++] = (struct chunk_place){address, nbytes};
    return true;
}

static bool is_sound_message(struct header *header, uint64_t type, struct body body)
{
    switch (type)
    {
    case 0x02:
        return is_sound_info(header->file, body, true);
    case 0x05:
        return is_sound_fill(body);
    case 0x06:
        return is_sound_link(body);
    case 0x08:
        return is_sound_layout(body);
    case 0x0c:
        return is_sound_attribute(body);
    case 0x10:
        return add_continuation(header, body);
    case 0x15:
        return is_sound_info(header->file, body, false);
    default:
        return true;
    }
}

static bool are_sound_messages(struct header *header, struct body body)
{
    while (body.left >= header->message_head_nbytes)
    {
        const uint64_t type = body.at[0];
        const uint64_t nbytes = little_endian(body.at + 1, 2);
        skip(&body, header->message_head_nbytes);
        if (nbytes > body.left || !is_sound_message(header, type, (struct body){body.at, nbytes}))
            return false;
        skip(&body, nbytes);
    }
    return true;
}

static bool is_sound_continuation(struct header *header, const struct chunk_place *chunk)
{
    unsigned char *bytes = emit_sound_load(header->file, chunk->address, chunk->nbytes);
    const bool sound =
        bytes != NULL && memcmp(bytes, "OCHK", 4) == 0 &&
        are_sound_messages(header, (struct body){bytes + 4, chunk->nbytes - 4 - CHECKSUM_NBYTES});
    free(bytes);
    return sound;
}

/* Looks through all chunks that lie beyond the first. */
static bool are_sound_continuations(struct header *header)
{
    for (size_t i = 0; i < header->count; i++)
    {
        const struct chunk_place chunk = header->chunk[i];
        if (!is_sound_continuation(header, &chunk))
            return false;
    }
    return true;
}

static bool is_sound_header(const struct emit_sound_file *file, uint64_t address,
                            const unsigned char *bytes, size_t nbytes)
{
    struct body prefix = {bytes + 4, nbytes - 4};
    uint64_t version, flags, messages_nbytes;
    if (!take(&prefix, 1, &version) || version != 2 || !take(&prefix, 1, &flags) || flags > 0x3f ||
        !skip(&prefix, (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0)) ||
        !take(&prefix, 1u << (flags & 3), &messages_nbytes))
        return false;
    const uint64_t prefix_nbytes = (uint64_t)(prefix.at - bytes);
    if (messages_nbytes > MAX_OBJECT_NBYTES)
        return false;
    unsigned char *whole =
        emit_sound_load(file, address, prefix_nbytes + messages_nbytes + CHECKSUM_NBYTES);
    struct header *header = malloc(sizeof *header);
    bool sound = whole != NULL && header != NULL;
    if (sound)
    {
        header->file = file;
        header->message_head_nbytes = flags & 0x04 ? 6 : 4;
        header->count = 0;
        sound = are_sound_messages(header, (struct body){whole + prefix_nbytes, messages_nbytes}) &&
                are_sound_continuations(header);
    }
    free(whole);
    free(header);
    return sound;
}

/* ---- All ------------------------------------------------------------------------------------ */

/* Whether an object header begins where the library reads the first part of one that goes on at
 * "address". */
static bool is_rest_of_header(const struct emit_sound_file *file, uint64_t address)
{
    enum
    {
        FIRST_PART_NBYTES = 512
    };
    if (address < FIRST_PART_NBYTES)
        return false;
    unsigned char *bytes = emit_sound_load(file, address - FIRST_PART_NBYTES, 4);
    const bool header = bytes != NULL && memcmp(bytes, "OHDR", 4) == 0;
    free(bytes);
    return header;
}

/* At the file's end the library gets fewer bytes than it asks for, and decodes a local heap's head,
 * or that of an object header of version 1, as if it had them. */
static bool is_cut_short(const struct emit_sound_file *file, uint64_t address,
                         const unsigned char *bytes, size_t nbytes)
{
    if (nbytes >= 4 && memcmp(bytes, "HEAP", 4) == 0)
        return nbytes < 32;
    return nbytes < 16 && (nbytes < 4 || bytes[0] == 1) &&
           address + nbytes == file->nbytes - file->base && !is_rest_of_header(file, address);
}

bool emit_sound_block(const struct emit_sound_file *file, uint64_t offset,
                      const unsigned char *bytes, size_t nbytes)
{
    if (offset < file->base)
        return true;
    if (is_cut_short(file, offset - file->base, bytes, nbytes))
        return false;
    if (nbytes < 4)
        return true;
    if (memcmp(bytes, "OHDR", 4) == 0)
        return is_sound_header(file, offset - file->base, bytes, nbytes);
    if (memcmp(bytes, "BTHD", 4) == 0)
        return emit_sound_tree(file, bytes, nbytes, NULL, NULL);
    if (memcmp(bytes, "FRHP", 4) == 0)
        return emit_sound_heap_header(bytes, nbytes);
    return true;
}
