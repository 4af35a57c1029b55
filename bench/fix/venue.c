/*
 * A venue that takes every order and stays silent: it answers a Logon and throws away the rest. Prints its port.
 * It looks for orders every two milliseconds instead of sleeping on its socket: a real venue is another machine, and
 * waking it is nothing that the sender pays for.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <time.h>
#include "greeting.h"

#define PAUSE_NANOS 2000000

static char bytes[1 << 20];

/* Copies the value of a field, without SOH; empty when absent. */
static void value_of(const char *tag, size_t have, char *to, size_t room) {
  char *at = memmem(bytes, have, tag, strlen(tag));
  size_t n = 0;
  if (at != NULL)
    for (at += strlen(tag); *at != 1 && n < room - 1; at++) to[n++] = *at;
  to[n] = 0;
}

static void answer_logon(int peer, size_t have) {
  char sender[32], target[32], heartbeat[16], at[32], body[256], message[320];
  value_of("\00149=", have, sender, sizeof sender);
  value_of("\00156=", have, target, sizeof target);
  value_of("\001108=", have, heartbeat, sizeof heartbeat);
  time_t now = time(NULL);
  struct tm utc;
  strftime(at, sizeof at, "%Y%m%d-%H:%M:%S", gmtime_r(&now, &utc));
  int length = snprintf(body, sizeof body, "35=A\00149=%s\00156=%s\00134=1\00152=%s\00198=0\001108=%s\001", target, sender, at,
                        heartbeat);
  int framed = snprintf(message, sizeof message, "8=FIX.4.4\0019=%d\001%s", length, body);
  unsigned sum = 0;
  for (int i = 0; i < framed; i++) sum += (unsigned char)message[i];
  framed += sprintf(message + framed, "10=%03u\001", sum & 255);
  send(peer, message, (size_t)framed, MSG_NOSIGNAL);
}

static void serve(int peer) {
  size_t have = 0;
  while (memmem(bytes, have, "\00110=", 4) == NULL) {
    ssize_t n = recv(peer, bytes + have, sizeof bytes - have, 0);
    if (n <= 0) return;
    have += (size_t)n;
  }
  answer_logon(peer, have);
  const struct timespec pause = {.tv_nsec = PAUSE_NANOS};
  for (;;) {
    ssize_t n = recv(peer, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN)) return;
    if (n < 0) nanosleep(&pause, NULL);
  }
}

int main(void) { return serve_all("venue", 4 << 20, serve); }
