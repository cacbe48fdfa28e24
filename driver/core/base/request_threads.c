/* SPDX-License-Identifier: MIT */
/* The calling thread gives all tasks but the first to idle workers, starts more where none is
 * idle, and runs the first one. While it waits for the others, it is a worker for tasks of its own
 * family, which are those of the same outermost call. Workers stay until the last user leaves, so
 * that their connections stay open. */
#include "core/base/request_threads.h"

#include "core/base/platform.h"
#include "core/base/process_lock.h"

#include <cpl_conv.h>
#include <cpl_multiproc.h>
#include <cpl_string.h>

#include <stdlib.h>

struct task
{
    emit_request_job job;
    const void *context;
    size_t index;
    const void *family;   /* see below */
    char **configuration; /* GDAL's, of the calling thread alone; borrowed */
    bool is_done;         /* guarded by EMIT_LOCK_REQUESTS */
    enum emit_status status;
    struct emit_error error;
};

/* A thread for tasks, or one that waits for its own tasks and meanwhile runs others of the same
 * family, as its connections are idle. All members are guarded by EMIT_LOCK_REQUESTS. */
struct worker
{
    struct worker *next;
    CPLJoinableThread *thread; /* NULL: a waiting thread */
    const void *family;        /* of a waiting thread */
    struct task *task;         /* NULL: idle */
    bool ends;
};

/* Guarded by EMIT_LOCK_REQUESTS. */
static struct worker *workers;
static unsigned users;
static unsigned process; /* that started the workers */

/* Identifies the outermost call that this thread works for; NULL outside of any. */
static _Thread_local const void *family;

static void run(struct task *task)
{
    const void *const outer = family;
    family = task->family;
    task->status = task->job(task->context, task->index, &task->error);
    family = outer;
}

/* Under the lock, which it releases meanwhile: runs the worker's task, or waits for one. */
static void work(struct worker *worker)
{
    struct task *task = worker->task;
    if (task == NULL)
    {
        emit_lock_wait(EMIT_LOCK_REQUESTS);
        return;
    }
    emit_unlock(EMIT_LOCK_REQUESTS);
    if (worker->thread != NULL) /* a waiting thread has this configuration already */
        CPLSetThreadLocalConfigOptions((const char *const *)task->configuration);
    run(task);
    emit_lock(EMIT_LOCK_REQUESTS);
    worker->task = NULL;
    task->is_done = true;
    emit_lock_broadcast(EMIT_LOCK_REQUESTS);
}

static void serve(void *argument)
{
    struct worker *worker = argument;
    emit_lock(EMIT_LOCK_REQUESTS);
    while (worker->task != NULL || !worker->ends)
        work(worker);
    emit_unlock(EMIT_LOCK_REQUESTS);
}

/* Under the lock: a parent's threads do not exist in a child process. */
static void forget_parents_workers(void)
{
    if (process != emit_process())
        workers = NULL;
    process = emit_process();
}

/* Under the lock. NULL if the system has no thread left. */
static struct worker *start_worker(void)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return NULL;
    worker->thread = CPLCreateJoinableThread(serve, worker);
    if (worker->thread == NULL)
    {
        free(worker);
        return NULL;
    }
    worker->next = workers;
    workers = worker;
    return worker;
}

static bool is_free(const struct worker *worker, const struct task *task)
{
    return worker->task == NULL && (worker->thread != NULL || worker->family == task->family);
}

/* Gives the task to an idle thread or a new one. */
static bool hand_over(struct task *task)
{
    emit_lock(EMIT_LOCK_REQUESTS);
    forget_parents_workers();
    struct worker *worker = workers;
    while (worker != NULL && !is_free(worker, task))
        worker = worker->next;
    if (worker == NULL)
        worker = start_worker();
    if (worker != NULL)
        worker->task = task;
    emit_lock_broadcast(EMIT_LOCK_REQUESTS);
    emit_unlock(EMIT_LOCK_REQUESTS);
    return worker != NULL;
}

static void wait_for(const struct task *task)
{
    struct worker waiting = {.family = task->family};
    emit_lock(EMIT_LOCK_REQUESTS);
    waiting.next = workers;
    workers = &waiting;
    while (waiting.task != NULL || !task->is_done)
        work(&waiting);
    struct worker **link = &workers;
    while (*link != &waiting)
        link = &(*link)->next;
    *link = waiting.next;
    emit_unlock(EMIT_LOCK_REQUESTS);
}

static enum emit_status run_all(struct task *tasks, size_t count, struct emit_error *error)
{
    size_t handed = 1; /* tasks from 1 to before this one are other threads' */
    while (handed < count && hand_over(&tasks[handed]))
        handed++;
    run(&tasks[0]);
    for (size_t i = handed; i < count; i++)
        run(&tasks[i]);
    for (size_t i = 1; i < handed; i++)
        wait_for(&tasks[i]);
    for (size_t i = 0; i < count; i++)
        if (tasks[i].status != EMIT_OK)
            return emit_error_set(error, tasks[i].status, "%s", tasks[i].error.message);
    return EMIT_OK;
}

enum emit_status emit_request_threads_run(size_t count, emit_request_job job, const void *context,
                                          struct emit_error *error)
{
    if (count == 0)
        return EMIT_OK;
    struct task *tasks = calloc(count, sizeof *tasks);
    if (tasks == NULL)
        return emit_error_memory(error, count * sizeof *tasks, "requests");
    char **configuration = CPLGetThreadLocalConfigOptions();
    for (size_t i = 0; i < count; i++)
        tasks[i] = (struct task){.job = job,
                                 .context = context,
                                 .index = i,
                                 .family = family != NULL ? family : tasks,
                                 .configuration = configuration};
    emit_request_threads_use();
    const enum emit_status status = run_all(tasks, count, error);
    emit_request_threads_release();
    CSLDestroy(configuration);
    free(tasks);
    return status;
}

enum emit_status emit_request_threads_run_if(bool is_remote, size_t count, emit_request_job job,
                                             const void *context, struct emit_error *error)
{
    if (is_remote)
        return emit_request_threads_run(count, job, context, error);
    for (size_t i = 0; i < count; i++)
        EMIT_TRY(job(context, i, error));
    return EMIT_OK;
}

void emit_request_threads_use(void)
{
    emit_lock(EMIT_LOCK_REQUESTS);
    users++;
    emit_unlock(EMIT_LOCK_REQUESTS);
}

void emit_request_threads_release(void)
{
    struct worker *ending = NULL;
    emit_lock(EMIT_LOCK_REQUESTS);
    forget_parents_workers();
    if (--users == 0)
    {
        ending = workers;
        workers = NULL;
    }
    for (struct worker *worker = ending; worker != NULL; worker = worker->next)
        worker->ends = true;
    emit_lock_broadcast(EMIT_LOCK_REQUESTS);
    emit_unlock(EMIT_LOCK_REQUESTS);
    while (ending != NULL)
    {
        struct worker *next = ending->next;
        CPLJoinThread(ending->thread);
        free(ending);
        ending = next;
    }
}
