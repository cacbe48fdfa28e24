/* SPDX-License-Identifier: MIT */
/* Locks of the whole process, which fork() takes before it copies the process: what they guard is
 * consistent in the child, whatever other threads were doing. The first use of any of them prepares
 * this and must not coincide with a fork(); registering the driver is one. Locks of single objects
 * are emit_mutex. */
#pragma once

#include <stdbool.h>

/* In the order in which fork() takes them: a thread that holds one may take only later ones. */
enum emit_lock
{
    EMIT_LOCK_HDF5,     /* the HDF5 library */
    EMIT_LOCK_ARRAYS,   /* which tiles of lazy arrays are loaded */
    EMIT_LOCK_REQUESTS, /* threads for requests to servers */
    EMIT_LOCK_FILES,    /* the registry of remote files */
    EMIT_LOCK_THREADS,  /* threads and memory in use */
    EMIT_LOCK_CACHE,    /* the block cache */
    EMIT_LOCK_COUNT
};

/* ---- Held for some instructions ------------------------------------------------------------- */

void emit_lock(enum emit_lock lock);
void emit_unlock(enum emit_lock lock);

/* Releases the lock, which the caller holds, until another thread, which then holds it, broadcasts.
 * May return early. */
void emit_lock_wait(enum emit_lock lock);
void emit_lock_broadcast(enum emit_lock lock);

/* ---- Occupied while a file or a server is read ---------------------------------------------- */

/* One thread at a time occupies the resource of the lock, without holding the lock. fork() waits
 * for that thread, but not longer than ten seconds: it may wait for something that the forking
 * thread holds, such as Python's interpreter lock. */
void emit_occupy(enum emit_lock lock);
void emit_vacate(enum emit_lock lock);

/* Whether this process was forked while another thread occupied it, so that its state is
 * undefined. */
bool emit_is_abandoned(enum emit_lock lock);
