/* SPDX-License-Identifier: MIT */
/* Resolves the options QUALITY_FLAGS, QUALITY_WHERE and CLOUD_BUFFER with the bands of one mask.
 * Pure. */
#pragma once

#include "core/base/error.h"
#include "core/granule/schema.h"
#include "core/mask/mask_rule.h"
#include "core/options/options.h"

#define EMIT_MAX_CONDITIONS 64

/* A mask condition: a rule on a band. */
struct emit_mask_condition
{
    bool in_state; /* the band is a state variable of a reflectance granule, not of the mask */
    const char *state_variable; /* its name; NULL unless "in_state" */
    char user_label[32]; /* the data band as the user wrote it, for messages; may be truncated */
    size_t band;         /* of the mask; 0 if "in_state" */
    struct emit_rule rule;
};

struct emit_mask_conditions
{
    size_t count;
    struct emit_mask_condition condition[EMIT_MAX_CONDITIONS];
};

/* The file and labels of a mask. Without a mask "labels" is NULL and "count" 0. */
struct emit_mask_bands
{
    const char *path;
    const char *const *labels;
    size_t count;
};

/* Sorts conditions and removes duplicates, so that equal selections give equal lists. */
void emit_mask_conditions_normalise(struct emit_mask_conditions *conditions);

/* The labels of one kind with their band numbers, "0 Cloud flag, 1 Cirrus flag", or "none". Free it
 * with free(). NULL without memory. */
char *emit_mask_bands_list(const struct emit_mask_bands *mask, enum emit_label_kind kind);

/* Whether the options mask pixels. */
bool emit_quality_is_requested(const struct emit_options *options);

/* Resolves the options with "mask". A data band that the mask does not have becomes a condition on
 * the state variable of that name, if one exists. The message of EMIT_ERROR_OPTION names the
 * option, the invalid part, the file and its labels. */
enum emit_status emit_quality_resolve(const struct emit_options *options,
                                      const struct emit_mask_bands *mask,
                                      struct emit_mask_conditions *conditions,
                                      struct emit_error *error);
