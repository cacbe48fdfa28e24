/* SPDX-License-Identifier: MIT */
/* What all checks share: a budget of bytes, which bounds the work on a file; the loading of
 * blocks; and a hash table of the blocks seen, by which a block that is referred to by two owners,
 * or as two kinds, is damage. */
#include "core/hdf5/check/check_internal.h"

#include <stdlib.h>

/* Validator and library read each byte of an undamaged file a few times. */
#define MIN_BUDGET ((uint64_t)16 << 20)
#define MAX_BUDGET ((uint64_t)1 << 30)
#define BUDGET_PER_BYTE 4
#define PREFETCH_BUDGET ((uint64_t)4 << 20)
#define READ_COST 256 /* of a read itself, in bytes */

/* More blocks than any file has that the driver reads. */
#define MAX_BLOCKS ((size_t)1 << 20)
#define FIRST_ROOM 256

struct emit_check
{
    struct emit_check_source source;
    uint64_t base;
    uint64_t budget;
    uint32_t pass;
    uint64_t seed;                    /* of the hash */
    size_t count, room;               /* of "entries"; "room" is a power of 2 */
    struct emit_block_entry *entries; /* hash table, open addressing */
};

struct emit_check *emit_check_create(const struct emit_check_source *source)
{
    struct emit_check *check = calloc(1, sizeof *check);
    if (check == NULL)
        return NULL;
    check->source = *source;
    check->seed = (uintptr_t)check;
    emit_check_renew(check);
    return check;
}

void emit_check_destroy(struct emit_check *check)
{
    if (check != NULL)
        free(check->entries);
    free(check);
}

void emit_check_begin(struct emit_check *check, uint64_t base)
{
    check->base = base;
    check->pass++;
}

/* ---- Budget and bytes ----------------------------------------------------------------------- */

void emit_check_renew(struct emit_check *check)
{
    const uint64_t nbytes = check->source.nbytes;
    check->budget =
        nbytes < MAX_BUDGET / BUDGET_PER_BYTE ? MIN_BUDGET + BUDGET_PER_BYTE * nbytes : MAX_BUDGET;
    if (emit_check_is_prefetch(check))
        check->budget = PREFETCH_BUDGET;
}

bool emit_check_spend(struct emit_check *check, uint64_t nbytes)
{
    const bool covered = nbytes <= MAX_BUDGET && nbytes + READ_COST <= check->budget;
    check->budget = covered ? check->budget - nbytes - READ_COST : 0;
    return covered;
}

bool emit_check_read(struct emit_check *check, uint64_t address, size_t nbytes, void *bytes)
{
    const struct emit_check_source *source = &check->source;
    const uint64_t room = source->nbytes > check->base ? source->nbytes - check->base : 0;
    return address <= room && nbytes <= room - address && emit_check_spend(check, nbytes) &&
           source->read(source->context, check->base + address, nbytes, bytes);
}

unsigned char *emit_check_load(struct emit_check *check, uint64_t address, uint64_t nbytes)
{
    if (nbytes < 1 || nbytes > MAX_BLOCK_NBYTES || nbytes > check->source.nbytes)
        return NULL;
    unsigned char *bytes = malloc((size_t)nbytes);
    if (bytes != NULL && emit_check_read(check, address, (size_t)nbytes, bytes))
        return bytes;
    free(bytes);
    return NULL;
}

void emit_check_report(const struct emit_check *check, uint64_t address, struct cursor name)
{
    const struct emit_check_source *source = &check->source;
    if (source->found != NULL)
        source->found(source->context, address, name.at, (size_t)name.left);
}

bool emit_check_is_prefetch(const struct emit_check *check)
{
    return check->source.found != NULL;
}

uint64_t emit_check_most_elements(const struct emit_check *check)
{
    return emit_most_chunks(check->source.nbytes);
}

/* ---- The register --------------------------------------------------------------------------- */

/* A file cannot choose addresses that fall on one slot: where "check" lies is not known to it. */
static size_t hash(const struct emit_check *check, uint64_t address)
{
    uint64_t mixed = (address ^ check->seed) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return (size_t)(mixed >> 32);
}

/* The slot of the block at "address", or the free one where it belongs. */
static struct emit_block_entry *find_slot(const struct emit_check *check, uint64_t address)
{
    size_t at = hash(check, address);
    while (check->entries[at & (check->room - 1)].kind != 0 &&
           check->entries[at & (check->room - 1)].address != address)
        at++;
    return &check->entries[at & (check->room - 1)];
}

static bool grow(struct emit_check *check)
{
    struct emit_check larger = *check;
    larger.room = check->room > 0 ? 2 * check->room : FIRST_ROOM;
    larger.entries = calloc(larger.room, sizeof *larger.entries);
    if (larger.entries == NULL)
        return false;
    for (size_t i = 0; i < check->room; i++)
        if (check->entries[i].kind != 0)
            *find_slot(&larger, check->entries[i].address) = check->entries[i];
    free(check->entries);
    *check = larger;
    return true;
}

struct emit_block_entry *emit_check_find(struct emit_check *check, uint64_t address)
{
    struct emit_block_entry *entry = check->room > 0 ? find_slot(check, address) : NULL;
    return entry != NULL && entry->kind != 0 ? entry : NULL;
}

/* A new entry, which has no pass and no owner yet. */
static struct emit_block_entry *add(struct emit_check *check, uint64_t address,
                                    enum emit_block_kind kind)
{
    if (check->count == MAX_BLOCKS || (2 * check->count >= check->room && !grow(check)))
        return NULL;
    struct emit_block_entry *entry = find_slot(check, address);
    *entry = (struct emit_block_entry){.address = address, .kind = (uint8_t)kind};
    check->count++;
    return entry;
}

struct emit_block_entry *emit_check_register(struct emit_check *check, uint64_t address,
                                             enum emit_block_kind kind)
{
    struct emit_block_entry *entry = emit_check_find(check, address);
    if (entry == NULL)
        return add(check, address, kind);
    return entry->kind == kind ? entry : NULL;
}

/* A failed check may be repeated, in a later pass: its claims are then renewed. */
struct emit_block_entry *emit_check_claim(struct emit_check *check, uint64_t address,
                                          enum emit_block_kind kind, uint64_t owner)
{
    struct emit_block_entry *entry = emit_check_find(check, address);
    if (entry == NULL)
        entry = add(check, address, kind);
    else if (entry->kind != kind || entry->owner != owner || entry->pass == check->pass)
        return NULL;
    if (entry == NULL)
        return NULL;
    entry->owner = owner;
    entry->pass = check->pass;
    return entry;
}

void emit_check_set_valid(struct emit_check *check, uint64_t address)
{
    struct emit_block_entry *entry = emit_check_find(check, address);
    if (entry != NULL)
        entry->is_valid = true;
}
