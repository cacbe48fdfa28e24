/* SPDX-License-Identifier: MIT */
/* Candidates for companions: unsuitable ones are rejected. */
#pragma once

#include "core/granule/companion.h"

/* Opens file "i" and checks that it shows the granule's scene. "*granule_ret" is NULL if the file
 * is rejected. An error if the user has named the file, or if it is broken although its name fits
 * exactly: it may be the right file. */
enum emit_status emit_candidate_open(struct emit_companions *files, size_t i,
                                     const struct emit_granule **granule_ret,
                                     struct emit_error *error);

/* Appends the rejected files, with reasons, to a message. */
void emit_candidates_explain(const struct emit_companions *files, struct emit_error *error);
