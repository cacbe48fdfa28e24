/* SPDX-License-Identifier: MIT */
/* Object headers, with all that their messages lead to. */
#ifndef EMIT_HDF5_CHECK_CHECK_HEADER_H
#define EMIT_HDF5_CHECK_CHECK_HEADER_H

#include "core/hdf5/check/check_bytes.h"

/* Whether the object header at "address" is valid; it is validated once. Headers of version 2 have
 * a signature, those of version 1 have none. */
bool emit_check_header(struct emit_check *check, uint64_t address, bool has_signature);

#endif
