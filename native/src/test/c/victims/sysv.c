/* SysV shared memory, semaphores and message queues; POSIX message queues. */
#include "victim.h"

#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* As programs use it that find each other by a key, and one that must not outlive them. */
VICTIM(keeps_sysv_shared_memory)
{
    int go[2], status, named = (int)need(shmget(0x4321, 10000, IPC_CREAT | 0600)),
                       unused = (int)need(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600)),
                       removed = (int)need(shmget(IPC_PRIVATE, 8192, IPC_CREAT | 0600)),
                       idle = (int)need(shmget(0x4322, 5000, IPC_CREAT | 0600));
    char *at = shmat(named, NULL, 0), *other = shmat(removed, NULL, 0),
         *later = shmat(idle, NULL, 0);
    require(at != (void *)-1 && other != (void *)-1 && later != (void *)-1);
    need(shmctl(unused, IPC_RMID, NULL)); /* a number between that is free */
    fill_pattern(at, 10000, 1);
    fill_pattern(other, 8192, 2);
    fill_pattern(later, 5000, 3);
    need(shmdt(later));
    need(shmctl(removed, IPC_RMID, NULL));
    need(pipe(go));
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        char byte;
        require(read(go[0], &byte, 1) == 1);
        at[9999] = 'c';
        other[0] = 'o';
        _exit(0);
    }
    checkpoint_here();
    struct shmid_ds ds;
    require(has_pattern(at, 10000, 1) && has_pattern(other, 8192, 2));
    need(shmctl(named, IPC_STAT, &ds));
    require(ds.shm_segsz == 10000 && ds.shm_perm.__key == 0x4321);
    require(shmget(0x4321, 0, 0) == named && shmget(0x4322, 0, 0) == idle);
    need(shmctl(removed, IPC_STAT, &ds));
    require(ds.shm_perm.mode & SHM_DEST);
    later = shmat(idle, NULL, SHM_RDONLY);
    require(later != (void *)-1 && has_pattern(later, 5000, 3));
    require(write(go[1], "x", 1) == 1);
    need(waitpid(child, &status, 0));
    require(status == 0 && at[9999] == 'c' && other[0] == 'o');
    need(shmdt(other));
    require(shmctl(removed, IPC_STAT, &ds) == -1);
}

struct queued {
    long type;
    char bytes[3000];
};

VICTIM(keeps_sysv_queues_and_semaphores)
{
    int set = (int)need(semget(0x77, 3, IPC_CREAT | 0600)),
        queue = (int)need(msgget(0x78, IPC_CREAT | 0600));
    struct sembuf up = {1, 5, 0};
    need(semop(set, &up, 1));
    struct queued message = {9, ""};
    fill_pattern(message.bytes, sizeof message.bytes, 4);
    need(msgsnd(queue, &message, sizeof message.bytes, 0));
    message.type = 4;
    need(msgsnd(queue, &message, 0, 0));
    checkpoint_here();
    require(semget(0x77, 3, 0) == set && msgget(0x78, 0) == queue);
    require(semctl(set, 0, GETVAL) == 0 && semctl(set, 1, GETVAL) == 5);
    require(msgrcv(queue, &message, sizeof message.bytes, 4, IPC_NOWAIT) == 0);
    require(msgrcv(queue, &message, sizeof message.bytes, 0, IPC_NOWAIT) == 3000);
    require(message.type == 9 && has_pattern(message.bytes, 3000, 4));
    require(msgrcv(queue, &message, sizeof message.bytes, 0, IPC_NOWAIT) == -1);
}

VICTIM(keeps_what_sysv_semaphores_undo)
{
    int set = (int)need(semget(IPC_PRIVATE, 3, IPC_CREAT | 0600)), ready[2], status;
    struct sembuf first[] = {{0, 9, 0}, {1, 32767, 0}};
    char byte;
    need(semop(set, first, 2));
    need(pipe(ready));
    pid_t child = (pid_t)need(fork());
    if (child == 0) {
        struct sembuf undone[] = {{0, -4, SEM_UNDO}, {1, -100, SEM_UNDO}, {2, 6, SEM_UNDO}};
        need(semop(set, undone, 3));
        require(write(ready[1], "x", 1) == 1);
        for (;;)
            pause();
    }
    require(read(ready[0], &byte, 1) == 1);
    checkpoint_here();
    require(semctl(set, 0, GETVAL) == 5 && semctl(set, 1, GETVAL) == 32667 &&
            semctl(set, 2, GETVAL) == 6);
    need(kill(child, SIGKILL));
    need(waitpid(child, &status, 0));
    require(semctl(set, 0, GETVAL) == 9 && semctl(set, 1, GETVAL) == 32767 &&
            semctl(set, 2, GETVAL) == 0);
}

static void *wait_here(void *unused)
{
    (void)unused;
    for (;;)
        pause();
    return NULL;
}

REFUSED(has_sysv_semaphores_beside_threads, "SEM_UNDO")
{
    pthread_t thread;
    need(semget(IPC_PRIVATE, 1, IPC_CREAT | 0600));
    require(pthread_create(&thread, NULL, wait_here, NULL) == 0);
    checkpoint_here();
}

VICTIM(keeps_posix_message_queues)
{
    struct mq_attr attr = {.mq_maxmsg = 4, .mq_msgsize = 64}, now;
    mqd_t named = (mqd_t)need(mq_open("/named", O_CREAT | O_RDWR | O_NONBLOCK, 0640, &attr)),
          gone = (mqd_t)need(mq_open("/again", O_CREAT | O_RDWR, 0600, &attr)), again, closed;
    char bytes[64];
    unsigned priority;
    need(mq_send(named, "low", 3, 1));
    need(mq_send(named, "high", 4, 7));
    need(mq_send(named, "lower", 5, 1));
    need(mq_send(gone, "gone", 4, 2));
    need(mq_unlink("/again"));
    again = (mqd_t)need(mq_open("/again", O_CREAT | O_WRONLY, 0600, &attr));
    closed = (mqd_t)need(mq_open("/closed", O_CREAT | O_RDWR, 0600, &attr));
    need(mq_send(closed, "", 0, 3));
    need(mq_close(closed));
    checkpoint_here();
    struct stat st;
    need(fstat(named, &st));
    require((st.st_mode & 07777) == 0640);
    need(mq_getattr(named, &now));
    require(now.mq_maxmsg == 4 && now.mq_msgsize == 64 && now.mq_curmsgs == 3);
    require(now.mq_flags == O_NONBLOCK);
    require(mq_receive(named, bytes, 64, &priority) == 4 && priority == 7);
    require(mq_receive(named, bytes, 64, &priority) == 3 && memcmp(bytes, "low", 3) == 0);
    require(mq_receive(named, bytes, 64, &priority) == 5 && memcmp(bytes, "lower", 5) == 0);
    require(mq_receive(named, bytes, 64, NULL) == -1 && errno == EAGAIN);
    require(mq_receive(gone, bytes, 64, &priority) == 4 && memcmp(bytes, "gone", 4) == 0);
    need(mq_send(again, "x", 1, 0));
    mqd_t other = (mqd_t)need(mq_open("/again", O_RDONLY));
    require(mq_receive(other, bytes, 64, NULL) == 1);
    closed = (mqd_t)need(mq_open("/closed", O_RDONLY));
    require(mq_receive(closed, bytes, 64, &priority) == 0 && priority == 3);
}

REFUSED(asks_to_be_told_of_messages, "mq_notify")
{
    mqd_t queue = (mqd_t)need(mq_open("/told", O_CREAT | O_RDWR, 0600, NULL));
    need(
        mq_notify(queue, &(struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1}));
    checkpoint_here();
}
