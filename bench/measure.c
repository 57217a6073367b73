/* SPDX-License-Identifier: MIT */
/*
 * measure LIMIT OUTPUT program argument...: runs the program with its standard output in
 * the file OUTPUT and prints "CPU RSS STATUS": user and system time in seconds, largest
 * resident set in KB, exit status (128 + signal if killed). LIMIT is in seconds of CPU.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(const char *limit, const char *output, char **command)
{
    rlim_t seconds = (rlim_t)atol(limit);
    setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds + 1});
    int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || dup2(fd, 1) < 0) _exit(126);
    execvp(command[0], command);
    _exit(127);
}

int main(int argc, char **argv)
{
    if (argc < 4) return 2;
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) run(argv[1], argv[2], argv + 3);

    int status;
    struct rusage used;
    if (wait4(child, &status, 0, &used) < 0) return 1;
    double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    printf("%.4f %ld %d\n", cpu, used.ru_maxrss, code);
    return 0;
}
