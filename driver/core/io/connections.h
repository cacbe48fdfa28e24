/* SPDX-License-Identifier: MIT */
/* GDAL's connections to servers, of which each thread has its own. A child process would inherit
 * those of the thread that calls fork(), and answers to parent and child would mix. */
#pragma once

/* To be called before requests: a fork() by this thread then closes its connections first, for
 * which GDAL's network caches are cleared. */
void emit_connections_use(void);
