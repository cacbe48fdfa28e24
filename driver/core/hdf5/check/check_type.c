/* SPDX-License-Identifier: MIT */
#include "core/hdf5/check/check_internal.h"

#include <string.h>

/* The library decodes and copies types within types recursively, on stacks of any size. */
#define MAX_NESTED_TYPES 32

struct type
{
    uint64_t class;
    uint64_t version;
    uint64_t count;  /* of members, or of bytes of a tag */
    uint64_t nbytes; /* of a value */
};

static bool skip_types(struct cursor *body, unsigned depth, struct type *type);

/* The versions before the third pad names to a multiple of 8 bytes. */
static bool skip_name(struct cursor *body, const struct type *type)
{
    const unsigned char *end = memchr(body->at, '\0', (size_t)body->left);
    if (end == NULL)
        return false;
    const uint64_t nbytes = (uint64_t)(end - body->at) + 1;
    return skip(body, type->version < 3 ? (nbytes + 7) / 8 * 8 : nbytes);
}

static bool skip_compound(struct cursor *body, unsigned depth, const struct type *type)
{
    const uint64_t offset_nbytes = type->version < 3 ? 4 : log2_floor(type->nbytes) / 8 + 1;
    const uint64_t shape_nbytes = type->version == 1 ? 28 : 0;
    struct type member;
    for (uint64_t i = 0; i < type->count; i++)
        if (!skip_name(body, type) || !skip(body, offset_nbytes + shape_nbytes) ||
            !skip_types(body, depth, &member))
            return false;
    return true;
}

static bool skip_enumeration(struct cursor *body, unsigned depth, const struct type *type)
{
    struct type base;
    if (!skip_types(body, depth, &base))
        return false;
    for (uint64_t i = 0; i < type->count; i++)
        if (!skip_name(body, type))
            return false;
    return skip(body, type->count * base.nbytes);
}

static bool skip_array(struct cursor *body, unsigned depth, const struct type *type)
{
    struct type base;
    uint64_t rank;
    return take(body, 1, &rank) && skip(body, type->version < 3 ? 3 + 8 * rank : 4 * rank) &&
           skip_types(body, depth, &base);
}

static bool skip_type(struct cursor *body, unsigned depth, const struct type *type)
{
    struct type base;
    switch (type->class)
    {
    case 0: /* integers */
    case 4: /* bit fields */
        return skip(body, 4);
    case 1: /* floats */
        return skip(body, 12);
    case 2: /* times */
        return skip(body, 2);
    case 3: /* strings */
    case 7: /* references */
        return true;
    case 5: /* opaque values with a tag */
        return skip(body, type->count & 0xff);
    case 6:
        return skip_compound(body, depth, type);
    case 8:
        return skip_enumeration(body, depth, type);
    case 9:  /* sequences */
    case 11: /* complex numbers */
        return skip_types(body, depth, &base);
    case 10:
        return skip_array(body, depth, type);
    default:
        return false;
    }
}

/* Skips a type, which "depth" types contain, with those that it contains. */
static bool skip_types(struct cursor *body, unsigned depth, struct type *type)
{
    uint64_t head;
    if (depth > MAX_NESTED_TYPES || !take(body, 1, &head) || !take(body, 3, &type->count) ||
        !take(body, 4, &type->nbytes))
        return false;
    type->class = head & 0x0f;
    type->version = head >> 4;
    type->count &= 0xffff;
    return skip_type(body, depth + 1, type);
}

bool emit_check_type(struct cursor body)
{
    struct type type;
    return skip_types(&body, 0, &type);
}
