/* SPDX-License-Identifier: MIT */
#include "core/io/together.h"

#include "core/base/parallel.h"
#include "core/io/multirange.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>

/* From how many ranges on it pays to find out whether the server takes several a request. */
#define MANY_RANGES 8

/* What goes into a request for several ranges: two at least, or it would be none. Its bytes are
 * so few because one connection is slower than several at once. */
#define GROUP_RANGES 32
#define GROUP_NBYTES ((uint64_t)2 << 20)
#define GROUPS_AT_ONCE 8

/* The ranges of one request, and where their bytes go. */
struct group
{
    const struct emit_range *ranges;
    size_t count;
    uint64_t nbytes;
    unsigned char *bytes;
};

struct groups
{
    const struct emit_identity *identity;
    char **options; /* GDAL's configuration of the calling thread */
    struct group group[EMIT_TOGETHER_RANGES];
    size_t count;
    size_t done; /* of them, before the others */
};

static void divide(const struct emit_range *ranges, size_t count, unsigned char *bytes,
                   struct groups *groups)
{
    struct group *last = NULL;
    for (size_t i = 0; i < count; i++)
    {
        const bool full = last == NULL || last->count == GROUP_RANGES ||
                          (last->count >= 2 && last->nbytes >= GROUP_NBYTES);
        if (full && i + 1 < count)
        {
            last = &groups->group[groups->count++];
            *last = (struct group){&ranges[i], 0, 0, bytes};
        }
        last->count++;
        last->nbytes += ranges[i].nbytes;
        bytes += ranges[i].nbytes;
    }
}

static enum emit_status read_group(const void *context, size_t index, struct emit_scratch *scratch,
                                   struct emit_error *error)
{
    const struct groups *groups = context;
    const struct group *group = &groups->group[groups->done + index];
    (void)scratch;
    (void)error;
    /* Users may have set a token for their own thread alone, and this may be another one. */
    CPLSetThreadLocalConfigOptions((const char *const *)groups->options);
    const bool done = emit_multirange_read(groups->identity->path, group->ranges, group->count,
                                           groups->identity->size, group->bytes);
    return done ? EMIT_OK : EMIT_ERROR_FILE;
}

/* A server that nobody has tried yet gets one request first, to see what it does. */
static bool read_groups(struct groups *groups, enum emit_multirange known)
{
    if (known == EMIT_MULTIRANGE_UNTRIED)
    {
        if (read_group(groups, 0, NULL, NULL) != EMIT_OK)
            return false;
        groups->done = 1;
    }
    return emit_parallel_for(groups->count - groups->done, GROUPS_AT_ONCE, read_group, groups,
                             NULL) == EMIT_OK;
}

/* One failure, and the file is asked for a range a request from then on. */
static void note(struct emit_identity *identity, enum emit_multirange known, bool works)
{
    const enum emit_multirange now = works ? EMIT_MULTIRANGE_WORKS : EMIT_MULTIRANGE_FAILS;
    if (now == known)
        return;
    identity->multirange = now;
    CPLDebug("EMIT", "%s: %s", identity->path,
             works ? "the server takes several ranges a request"
                   : "no answer to several ranges a request: one a request from now on");
}

bool emit_together_read(struct emit_identity *identity, const struct emit_range *ranges,
                        size_t count, unsigned char *bytes)
{
    const enum emit_multirange known = identity->multirange;
    if (count < MANY_RANGES || known == EMIT_MULTIRANGE_FAILS ||
        !emit_multirange_allowed(identity->path))
        return false;
    struct groups groups = {.identity = identity, .options = CPLGetThreadLocalConfigOptions()};
    divide(ranges, count, bytes, &groups);
    const bool works = read_groups(&groups, known);
    CSLDestroy(groups.options);
    note(identity, known, works);
    return works;
}
