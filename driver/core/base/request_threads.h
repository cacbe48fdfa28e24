/* SPDX-License-Identifier: MIT */
/* Threads for requests to servers. GDAL's connections belong to threads, and a new connection costs
 * as much as one to three requests. So these threads, unlike those of parallel.h, live as long as a
 * remote file is open, and whoever reads next finds their connections open. */
#pragma once

#include "core/base/error.h"

typedef enum emit_status (*emit_request_job)(const void *context, size_t index,
                                             struct emit_error *error);

/* Calls job(context, i, error) for each i below "count", all at once: 0 in the calling thread, each
 * other one in a thread with GDAL's configuration of the calling one. Runs all jobs even if one
 * fails; status and message are those of the first failed one. Thread-safe; jobs may call it as
 * well. */
enum emit_status emit_request_threads_run(size_t count, emit_request_job job, const void *context,
                                          struct emit_error *error);

/* The same if jobs ask a server; else one after another in the calling thread, until one fails. */
enum emit_status emit_request_threads_run_if(bool is_remote, size_t count, emit_request_job job,
                                             const void *context, struct emit_error *error);

/* The threads end with the last release, which waits for them. Thread-safe. */
void emit_request_threads_use(void);
void emit_request_threads_release(void);
