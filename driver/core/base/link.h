/* SPDX-License-Identifier: MIT */
/* Circular lists whose head is a link of its own. */
#pragma once

#include <stddef.h>

struct emit_link
{
    struct emit_link *next;
    struct emit_link *previous;
};

/* The structure of "type" whose "member" is at "link". */
#define EMIT_LINKED(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* Adds "link" after "head". */
static inline void emit_link_add(struct emit_link *head, struct emit_link *link)
{
    *link = (struct emit_link){head->next, head};
    head->next->previous = link;
    head->next = link;
}

static inline void emit_link_remove(const struct emit_link *link)
{
    link->next->previous = link->previous;
    link->previous->next = link->next;
}
