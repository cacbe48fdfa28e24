/* SPDX-License-Identifier: MIT */
/*
 * Threads and memory of all reads of the process together. Reads in several threads share what
 * one read could have alone: additional threads, and working memory of as many bytes as the block
 * cache may hold, or of one thread if that needs more. Thread-safe.
 */
#ifndef EMIT_BASE_THREAD_BUDGET_H
#define EMIT_BASE_THREAD_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reserves working memory for the calling thread; waits, in the order of the calls, until it fits.
 * In between, the thread must not wait for a thread that may be waiting here.
 */
void emit_thread_budget_begin(uint64_t nbytes);
void emit_thread_budget_end(uint64_t nbytes);

/* Reserves an additional thread and its memory; false if there are "most" or the memory does not
 * fit. */
bool emit_thread_budget_add(uint64_t nbytes, int most);
void emit_thread_budget_remove(uint64_t nbytes);

#endif
