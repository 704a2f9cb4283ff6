// SPDX-License-Identifier: Apache-2.0
// Context switches and system calls at a fixed rate, each timed: what bench/recorder_cost.py puts
// beside a recorder. Two threads on one CPU throw a byte to each other through pipes; a round trip
// is two switches, each with a write() and a read(). The cheap system call is getppid().
//
// usage: recorder_load CPU SWITCHES_A_SECOND SYSCALLS_A_SECOND [held]
// "held": holds a raw socket of protocol 112, as who sends heartbeats does. A period is 1 ms; one
// that begins late is not made up for. SIGUSR1 begins to measure; SIGTERM prints one JSON line of
// what was done since, with the median over the periods, and ends. Ends with its parent.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PERIODS = 60 * 1000, PERIOD_NS = 1000 * 1000 };

static volatile sig_atomic_t begin_wanted;
static volatile sig_atomic_t end_wanted;
static int to_partner[2];
static int from_partner[2];
static double switch_ns[PERIODS];  // each period's mean
static double syscall_ns[PERIODS];

static void on_signal(int number) {
  if (number == SIGUSR1)
    begin_wanted = 1;
  else
    end_wanted = 1;
}

static void require(int done, const char* what) {
  if (done) return;
  perror(what);
  exit(1);
}

static double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static ssize_t pass(int from, int to) {
  char byte;
  ssize_t got;
  do got = read(from, &byte, 1);
  while (got < 0 && errno == EINTR);
  return got == 1 ? write(to, &byte, 1) : -1;
}

static void* partner(void* unused) {
  while (pass(to_partner[0], from_partner[1]) == 1) {
  }
  return unused;
}

static double time_switches(long switches) {
  const double from = now_ns();
  char byte = 0;
  for (long i = 0; i < switches / 2; i++) {
    require(write(to_partner[1], &byte, 1) == 1, "write");
    ssize_t got;
    do got = read(from_partner[0], &byte, 1);
    while (got < 0 && errno == EINTR);
    require(got == 1, "read");
  }
  return (now_ns() - from) / (double)switches;
}

static double time_syscalls(long calls) {
  const double from = now_ns();
  for (long i = 0; i < calls; i++) syscall(SYS_getppid);
  return (now_ns() - from) / (double)calls;
}

static int ascending(const void* a, const void* b) {
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static double median(double* values, size_t count) {
  qsort(values, count, sizeof(*values), ascending);
  return count ? values[count / 2] : 0;
}

static void prepare(int cpu, int held) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(cpu, &cpus);
  require(sched_setaffinity(0, sizeof(cpus), &cpus) == 0, "sched_setaffinity");
  require(!held || socket(AF_INET, SOCK_RAW, 112) >= 0, "socket");
  require(pipe(to_partner) == 0 && pipe(from_partner) == 0, "pipe");
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = on_signal;
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGUSR1);
  sigaddset(&both, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &both, NULL);  // for the partner, which inherits it
  pthread_t thread;
  require(pthread_create(&thread, NULL, partner, NULL) == 0, "pthread_create");
  pthread_sigmask(SIG_UNBLOCK, &both, NULL);
}

static void sleep_until(struct timespec* next) {
  next->tv_nsec += PERIOD_NS;
  if (next->tv_nsec >= 1000 * PERIOD_NS) {
    next->tv_sec++;
    next->tv_nsec -= 1000 * PERIOD_NS;
  }
  if ((double)next->tv_sec * 1e9 + (double)next->tv_nsec < now_ns())
    clock_gettime(CLOCK_MONOTONIC, next);
  else
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const long switches = atol(argv[2]) / 1000;
  const long calls = atol(argv[3]) / 1000;
  if (switches < 2 || calls < 1) return 2;
  prepare(atoi(argv[1]), argc > 4);
  size_t periods = 0;
  double began = now_ns();
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  while (!end_wanted) {
    const double a_switch = time_switches(switches);
    const double a_call = time_syscalls(calls);
    if (periods < PERIODS) {
      switch_ns[periods] = a_switch;
      syscall_ns[periods++] = a_call;
    }
    if (begin_wanted) {
      begin_wanted = 0;
      periods = 0;
      began = now_ns();
    }
    sleep_until(&next);
  }
  const double seconds = (now_ns() - began) / 1e9;
  printf(
      "{\"switches_per_s\": %.0f, \"syscalls_per_s\": %.0f, \"switch_ns\": %.1f, "
      "\"syscall_ns\": %.1f}\n",
      (double)periods * (double)switches / seconds, (double)periods * (double)calls / seconds,
      median(switch_ns, periods), median(syscall_ns, periods));
  return 0;
}
