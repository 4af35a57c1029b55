/* How a peer of the measurements begins: it listens on any free port, prints which, and serves one connection after the other. */
#ifndef GREETING_H
#define GREETING_H
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Goes on until it is killed. `room`: bytes that may wait to be read; 0 as the system has it. Returns 1 when it cannot listen. */
static int serve_all(const char *name, int room, void (*serve)(int peer)) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  if (room > 0) setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0) {
    perror(name);
    return 1;
  }
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int peer = accept(listener, NULL, NULL);
    if (peer < 0) return 1;
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    serve(peer);
    close(peer);
  }
}
#endif
