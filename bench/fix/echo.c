/* The floor: sends back whatever arrives. Prints its port; serves one connection after the other. */
#include "greeting.h"

static char bytes[1 << 20];

static void serve(int peer) {
  for (ssize_t have; (have = recv(peer, bytes, sizeof bytes, 0)) > 0;)
    for (ssize_t sent = 0; sent < have;) {
      ssize_t n = send(peer, bytes + sent, (size_t)(have - sent), MSG_NOSIGNAL);
      if (n < 0) return;
      sent += n;
    }
}

int main(void) { return serve_all("echo", 0, serve); }
