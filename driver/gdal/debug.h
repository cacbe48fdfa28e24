// SPDX-License-Identifier: MIT
// CPL_DEBUG=EMIT: what was chosen when a view was opened, and how each request is read.
#ifndef EMIT_GDAL_DEBUG_H
#define EMIT_GDAL_DEBUG_H

#include "compat.h"

#include "emit.h"

// If debugging is enabled, logs "psView" and its reads.
void EMITLogView(struct emit_view *psView);

#endif
