/* SPDX-License-Identifier: MIT */
#include "core/base/process_lock.h"

#include "core/base/platform.h"

#include <stddef.h>

#ifndef EMIT_FORK_PATIENCE_SECONDS
#define EMIT_FORK_PATIENCE_SECONDS 10
#endif

struct process_lock
{
    struct emit_mutex mutex;
    struct emit_condition changed;
    bool is_occupied;
    bool is_forking; /* emit_occupy() waits */
    bool is_abandoned;
};

static struct process_lock locks[EMIT_LOCK_COUNT];
static struct emit_once prepared = EMIT_ONCE_INIT;
static _Thread_local bool is_mine[EMIT_LOCK_COUNT]; /* occupied by this thread */

/* ---- fork() ---------------------------------------------------------------------------------- */

static void before_fork(void)
{
    for (int i = 0; i < EMIT_LOCK_COUNT; i++)
    {
        struct process_lock *lock = &locks[i];
        emit_mutex_lock(&lock->mutex);
        lock->is_forking = true;
        while (lock->is_occupied && !is_mine[i] &&
               emit_condition_wait_for(&lock->changed, &lock->mutex, EMIT_FORK_PATIENCE_SECONDS))
            continue;
    }
}

static void in_parent(void)
{
    for (int i = EMIT_LOCK_COUNT - 1; i >= 0; i--)
    {
        locks[i].is_forking = false;
        emit_condition_broadcast(&locks[i].changed);
        emit_mutex_unlock(&locks[i].mutex);
    }
}

static void in_child(void)
{
    for (int i = EMIT_LOCK_COUNT - 1; i >= 0; i--)
    {
        emit_condition_init(&locks[i].changed);
        locks[i].is_forking = false;
        locks[i].is_abandoned = locks[i].is_abandoned || (locks[i].is_occupied && !is_mine[i]);
        locks[i].is_occupied = is_mine[i];
        emit_mutex_unlock(&locks[i].mutex);
    }
}

static void prepare(void)
{
    for (int i = 0; i < EMIT_LOCK_COUNT; i++)
    {
        emit_mutex_init(&locks[i].mutex);
        emit_condition_init(&locks[i].changed);
    }
    emit_at_fork(before_fork, in_parent, in_child);
}

/* ---- Locks ----------------------------------------------------------------------------------- */

void emit_lock(enum emit_lock lock)
{
    emit_once(&prepared, prepare);
    emit_mutex_lock(&locks[lock].mutex);
}

void emit_unlock(enum emit_lock lock)
{
    emit_mutex_unlock(&locks[lock].mutex);
}

void emit_lock_wait(enum emit_lock lock)
{
    emit_condition_wait(&locks[lock].changed, &locks[lock].mutex);
}

void emit_lock_broadcast(enum emit_lock lock)
{
    emit_condition_broadcast(&locks[lock].changed);
}

void emit_occupy(enum emit_lock lock)
{
    emit_lock(lock);
    while (locks[lock].is_occupied || locks[lock].is_forking)
        emit_lock_wait(lock);
    locks[lock].is_occupied = is_mine[lock] = true;
    emit_unlock(lock);
}

void emit_vacate(enum emit_lock lock)
{
    emit_lock(lock);
    locks[lock].is_occupied = is_mine[lock] = false;
    emit_lock_broadcast(lock);
    emit_unlock(lock);
}

bool emit_is_abandoned(enum emit_lock lock)
{
    emit_lock(lock);
    const bool is_abandoned = locks[lock].is_abandoned;
    emit_unlock(lock);
    return is_abandoned;
}
