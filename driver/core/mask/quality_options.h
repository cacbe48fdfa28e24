/* SPDX-License-Identifier: MIT */
/* The user's tokens on quality - QUALITY_FLAGS, QUALITY_WHERE, CLOUD_BUFFER - against the bands of
 * one mask. Pure. */
#ifndef EMIT_MASK_QUALITY_OPTIONS_H
#define EMIT_MASK_QUALITY_OPTIONS_H

#include "core/base/error.h"
#include "core/granule/schema.h"
#include "core/mask/mask_rule.h"
#include "core/options/options.h"

#define EMIT_MAX_CONDITIONS 64

/* One thing that screens a pixel: a rule on a band. */
struct emit_mask_condition
{
    bool in_state; /* the band is a state variable of a reflectance granule, not of the mask */
    const char *state_variable; /* its name; NULL unless "in_state" */
    char user_label[32];        /* the data band in the user's tokens, for messages; may be cut */
    size_t band;                /* of the mask; 0 when "in_state" */
    struct emit_rule rule;
};

struct emit_mask_conditions
{
    size_t count;
    struct emit_mask_condition condition[EMIT_MAX_CONDITIONS];
};

/* What a mask offers: its file and labels. "labels" is NULL and "path" "" where there is none. */
struct emit_mask_bands
{
    const char *path;
    const char *const *labels;
    size_t count;
};

/* Orders conditions and drops repeated ones: equal choices become equal lists, however they were
 * said.
 */
void emit_mask_conditions_normalise(struct emit_mask_conditions *conditions);

/* The labels of one kind with their band numbers, "0 Cloud flag, 1 Cirrus flag", or "none"; free()
 * it. NULL without memory. */
char *emit_mask_bands_list(const struct emit_mask_bands *mask, enum emit_label_kind kind);

/* Whether the options screen pixels at all. */
bool emit_quality_is_asked(const struct emit_options *options);

/*
 * Resolves the options against "mask". A data band that the mask lacks becomes a condition on a
 * state variable where there is one by that name. EMIT_ERROR_OPTION names the option, what is wrong
 * with it and where, the file, and its labels.
 */
enum emit_status emit_quality_resolve(const struct emit_options *options,
                                      const struct emit_mask_bands *mask,
                                      struct emit_mask_conditions *conditions,
                                      struct emit_error *error);

#endif
