/* SPDX-License-Identifier: MIT */
/* Budget of threads and memory for all reads of the process. Concurrent reads share what a single
 * read may use: additional threads, and as much working memory as the block cache may hold, or that
 * of one thread if it needs more. Thread-safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Reserves working memory for the calling thread; waits, in the order of the calls, until it fits.
 * Until emit_thread_budget_end() the thread must not wait for a thread that may be waiting here. */
void emit_thread_budget_begin(uint64_t nbytes);

/* Reserves an additional thread and its memory; false if there are "most" threads already or the
 * memory does not fit. */
bool emit_thread_budget_add(uint64_t nbytes, int most);

/* Releases working memory, and "added" additional threads. */
void emit_thread_budget_end(uint64_t nbytes, int added);
