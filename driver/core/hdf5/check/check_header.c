/* SPDX-License-Identifier: MIT */
/* The prefix of an object header gives its version and its first part. The messages of a part are
 * checked one after another (check_message.c); continuation messages add parts. Links and
 * attributes are counted, so that a crafted header cannot multiply work. */
#include "core/hdf5/check/check_internal.h"

#include <stdlib.h>
#include <string.h>

/* More than any file needs that the driver reads. */
#define MAX_PARTS 1024
#define MAX_LISTED 4096 /* links and attributes of one object */

/* The library reads this much of a header first, and the rest in a second read. */
#define FIRST_READ_NBYTES 512

#define PREFIX1_NBYTES 16 /* of a header of version 1, padded */
#define MESSAGE1_NBYTES 8 /* of a message's head in it */
#define PREFIX2_NBYTES 34 /* of a header of version 2, at most */

struct part
{
    uint64_t address;
    uint64_t nbytes;
};

/* A header under validation: its address, and its messages and continuations found so far. */
struct header
{
    struct emit_check *check;
    uint64_t address;
    uint64_t version;
    unsigned message_head_nbytes;
    unsigned listed_count;
    size_t part_count;
    struct part parts[MAX_PARTS];
};

/* ---- Messages ------------------------------------------------------------------------------- */

static bool add_part(struct header *header, uint64_t address, uint64_t nbytes)
{
    if (header->part_count == MAX_PARTS ||
        emit_check_claim(header->check, address, EMIT_BLOCK_HEADER_PART, header->address) == NULL)
        return false;
    header->parts[header->part_count++] = (struct part){address, nbytes};
    return true;
}

static bool add_continuation(struct header *header, struct cursor body)
{
    uint64_t address, nbytes;
    return take(&body, 8, &address) && take(&body, 8, &nbytes) && add_part(header, address, nbytes);
}

struct message
{
    uint64_t type;
    uint64_t flags;
    struct cursor body;
};

static bool is_valid_message(struct header *header, const struct message *message)
{
    enum
    {
        SHARED = 0x02
    };
    if (message->flags & SHARED)
        return emit_check_shared_message(header->check, header->address, message->body);
    switch (message->type)
    {
    case EMIT_MESSAGE_CONTINUATION:
        return add_continuation(header, message->body);
    case EMIT_MESSAGE_LINK_INFO:
    case EMIT_MESSAGE_ATTRIBUTE_INFO:
        return emit_check_info(header->check, header->address, message->type, message->body);
    case EMIT_MESSAGE_LINK:
    case EMIT_MESSAGE_ATTRIBUTE:
        if (++header->listed_count > MAX_LISTED)
            return false;
        break;
    default:
        break;
    }
    return emit_check_message(header->check, header->address, message->type, message->body);
}

/* Reads the head of a message; false if the message ends after its part. */
static bool take_message(const struct header *header, struct cursor *part, struct message *message)
{
    uint64_t nbytes;
    const unsigned wide = header->version == 1; /* types of 2 bytes, 3 bytes without meaning */
    const bool fits = take(part, 1 + wide, &message->type) && take(part, 2, &nbytes) &&
                      take(part, 1, &message->flags) &&
                      skip(part, header->message_head_nbytes - 4 - wide) && nbytes <= part->left;
    message->body = (struct cursor){part->at, fits ? nbytes : 0};
    return fits && skip(part, nbytes);
}

static bool are_valid_messages(struct header *header, struct cursor part)
{
    struct message message;
    bool valid = true;
    while (part.left >= header->message_head_nbytes)
    {
        if (!take_message(header, &part, &message))
            return false;
        valid = is_valid_message(header, &message) && valid;
        if (!valid && !emit_check_is_prefetch(header->check))
            return false;
    }
    return valid;
}

/* ---- Parts ---------------------------------------------------------------------------------- */

/* Continuations of version 2 have a signature and a checksum around the messages. */
static bool is_valid_part(struct header *header, size_t i)
{
    const struct part part = header->parts[i];
    const unsigned signature_nbytes = i > 0 && header->version == 2 ? 4 : 0;
    const unsigned frame_nbytes = signature_nbytes > 0 ? signature_nbytes + CHECKSUM_NBYTES : 0;
    unsigned char *bytes = emit_check_load(header->check, part.address, part.nbytes);
    const bool valid = bytes != NULL && part.nbytes >= frame_nbytes &&
                       memcmp(bytes, "OCHK", signature_nbytes) == 0 &&
                       are_valid_messages(header, (struct cursor){bytes + signature_nbytes,
                                                                  part.nbytes - frame_nbytes});
    free(bytes);
    return valid;
}

/* ---- Headers -------------------------------------------------------------------------------- */

/* Reads how long the header's prefix is and where its messages lie; false if it is damaged. */
static bool read_prefix2(struct header *header, struct part *messages)
{
    unsigned char bytes[PREFIX2_NBYTES];
    uint64_t flags;
    if (!emit_check_read(header->check, header->address, 6, bytes))
        return false;
    flags = bytes[5];
    const unsigned size_at = 6u + (flags & 0x20 ? 16u : 0u) + (flags & 0x10 ? 4u : 0u);
    const unsigned prefix_nbytes = size_at + (1u << (flags & 3));
    if (bytes[4] != 2 || flags > 0x3f ||
        !emit_check_read(header->check, header->address, prefix_nbytes, bytes))
        return false;
    header->version = 2;
    header->message_head_nbytes = flags & 0x04 ? 6 : 4;
    messages->address = header->address + prefix_nbytes;
    messages->nbytes = emit_little_endian(bytes + size_at, 1u << (flags & 3));
    return messages->nbytes <= MAX_BLOCK_NBYTES;
}

static bool read_prefix1(struct header *header, struct part *messages)
{
    unsigned char bytes[PREFIX1_NBYTES];
    if (!emit_check_read(header->check, header->address, sizeof bytes, bytes) || bytes[0] != 1)
        return false;
    header->version = 1;
    header->message_head_nbytes = MESSAGE1_NBYTES;
    messages->address = header->address + sizeof bytes;
    messages->nbytes = emit_little_endian(bytes + 8, 4);
    return messages->nbytes <= MAX_BLOCK_NBYTES;
}

static bool is_valid_header(struct header *header, bool has_signature)
{
    struct part *messages = &header->parts[0];
    if (!(has_signature ? read_prefix2 : read_prefix1)(header, messages))
        return false;
    const uint64_t end =
        messages->address + messages->nbytes + (has_signature ? CHECKSUM_NBYTES : 0);
    if (end - header->address > FIRST_READ_NBYTES &&
        emit_check_claim(header->check, header->address + FIRST_READ_NBYTES, EMIT_BLOCK_HEADER_PART,
                         header->address) == NULL)
        return false;
    if (messages->nbytes == 0)
        return true;
    header->part_count = 1;
    bool valid = true;
    for (size_t i = 0; i < header->part_count && (valid || emit_check_is_prefetch(header->check));
         i++)
        valid = is_valid_part(header, i) && valid;
    return valid;
}

bool emit_check_header(struct emit_check *check, uint64_t address, bool has_signature)
{
    const struct emit_block_entry *entry = emit_check_register(check, address, EMIT_BLOCK_HEADER);
    if (entry == NULL || entry->is_valid)
        return entry != NULL;
    struct header *header = calloc(1, sizeof *header);
    if (header == NULL)
        return false;
    header->check = check;
    header->address = address;
    const bool valid = is_valid_header(header, has_signature);
    free(header);
    if (valid)
        emit_check_set_valid(check, address);
    return valid;
}
