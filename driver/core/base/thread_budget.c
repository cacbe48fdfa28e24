/* SPDX-License-Identifier: MIT */
#include "core/base/thread_budget.h"

#include "core/base/block_cache.h"
#include "core/base/process_lock.h"

/* Under EMIT_LOCK_THREADS. */
static struct
{
    uint64_t nbytes;
    int added;        /* threads */
    uint64_t tickets; /* issued; they are served in order */
    uint64_t served;
    unsigned process; /* to which these values belong */
} now;

/* Takes the lock. The threads of a parent process do not exist in this one. */
static void lock_budget(void)
{
    emit_lock(EMIT_LOCK_THREADS);
    if (now.process == emit_process())
        return;
    now.nbytes = 0;
    now.added = 0;
    now.served = now.tickets;
    now.process = emit_process();
}

static bool fits(uint64_t nbytes)
{
    const uint64_t budget = emit_cache_budget();
    return now.nbytes <= budget && nbytes <= budget - now.nbytes;
}

void emit_thread_budget_begin(uint64_t nbytes)
{
    if (nbytes == 0)
        return;
    lock_budget();
    const uint64_t ticket = now.tickets++;
    while (now.served != ticket || (now.nbytes > 0 && !fits(nbytes)))
        emit_lock_wait(EMIT_LOCK_THREADS);
    now.served++;
    now.nbytes += nbytes;
    emit_lock_broadcast(EMIT_LOCK_THREADS);
    emit_unlock(EMIT_LOCK_THREADS);
}

bool emit_thread_budget_add(uint64_t nbytes, int most)
{
    lock_budget();
    const bool adds = now.added < most && fits(nbytes);
    if (adds)
    {
        now.nbytes += nbytes;
        now.added++;
    }
    emit_unlock(EMIT_LOCK_THREADS);
    return adds;
}

void emit_thread_budget_end(uint64_t nbytes, int added)
{
    if (nbytes == 0 && added == 0)
        return;
    lock_budget();
    now.added -= added < now.added ? added : now.added;
    now.nbytes -= nbytes < now.nbytes ? nbytes : now.nbytes;
    emit_lock_broadcast(EMIT_LOCK_THREADS);
    emit_unlock(EMIT_LOCK_THREADS);
}
